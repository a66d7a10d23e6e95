import { ConnectorError, type Request, type Response } from '@kms-connector/protocol'
import { inSpan, type Tracing } from '@kms-connector/service-kit'
import { TRACEPARENT, type TraceContext, traceparentOf } from '@kms-connector/streams'
import type { AccessCheck } from './accessCheck.ts'
import { type ComputeDependencies, computeAnswer, type Step, type Timed } from './computeAnswer.ts'
import type { RegisteredSigner } from './registeredSigner.ts'

export interface RequestDependencies extends ComputeDependencies {
  readonly access: AccessCheck
  readonly signer: RegisteredSigner
  readonly tracing: Tracing
  /** Told how long each step of a request took. */
  readonly onStep: (operation: string, step: Step, seconds: number) => void
}

/**
 * Works on one request: check, fetch, submit, poll, verify. Everything may be repeated at any time: checks are reads, and
 * KMS Core computes an id once.
 * @param resume the request was handed out before: ask the Core for its result first, without ciphertexts
 * @param trace what the steps are parts of
 * @returns the verified response, ready to be published
 * @throws ConnectorError whose disposition says whether the request is worth another try
 */
export async function handleRequest(
  dependencies: RequestDependencies,
  request: Request,
  resume: boolean,
  trace: TraceContext | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const { operation, id, origin, payload } = request
  const { access, signer, onStep, tracing } = dependencies
  const timed: Timed = async (step, work) => {
    const started = performance.now()
    try {
      return await inSpan(tracing, step, { parent: trace }, span =>
        work(span.context ? { [TRACEPARENT]: traceparentOf(span.context) } : {}),
      )
    } finally {
      onStep(operation.name, step, (performance.now() - started) / 1000)
    }
  }
  await timed('check', () => access.expectAllowed(request))
  const result = await computeAnswer(dependencies, request, resume, timed, signal)
  if (!operation.answer) return { operation, id, origin, answer: {}, answeredAt: Date.now() }
  if (result === undefined) throw new ConnectorError('CORE_ANSWER_INVALID', `${operation.name} ended without a result`)
  const answer = operation.fromCore(id, payload, result)
  await timed('verify', () => signer.expectSigned(operation, id, payload, answer))
  return { operation, id, origin, answer, answeredAt: Date.now() }
}
