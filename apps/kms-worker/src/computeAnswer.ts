import type { CoreClient } from '@kms-connector/kms-client'
import { ConnectorError, type ContractName, type CoreDomain, type Request } from '@kms-connector/protocol'
import { fetchPayload, type PayloadSource } from './fetchPayload.ts'
import type { PayloadMemory } from './payloadMemory.ts'

/** Times a step of a request and shows it in the trace; `headers` carry the trace to whoever the step calls. */
export type Timed = <T>(step: Step, work: (headers: Headers) => Promise<T>) => Promise<T>
export type Step = 'check' | 'fetch' | 'submit' | 'poll' | 'verify'
type Headers = Readonly<Record<string, string>>

export interface ComputeDependencies {
  readonly core: CoreClient
  readonly payloads: PayloadSource
  readonly memory: PayloadMemory
  readonly domains: Readonly<Record<ContractName, CoreDomain>>
}

/** How often one attempt submits again what the Core has forgotten. */
const MAX_RESUBMITS = 3

/** Thrown where a poll would have to submit: only {@link computeAnswer} may, because ciphertexts need their room. */
const FORGOTTEN = new Error('the KMS Core does not know the request')

/**
 * Has the KMS Core compute a request. Ciphertexts live from their fetch until the submit is accepted: they are released
 * before the poll, and fetched again in the rare case that the Core forgot the request.
 * @param resume the request was handed out before: ask the Core for its result first, without ciphertexts
 * @returns the result message; undefined for an operation without one
 * @throws ConnectorError as the client of the Core says; CORE_FORGOT when it keeps forgetting
 */
export async function computeAnswer(
  { core, payloads, memory, domains }: ComputeDependencies,
  { operation, id, payload }: Request,
  resume: boolean,
  timed: Timed,
  signal: AbortSignal,
): Promise<unknown> {
  const { poll } = operation
  const work = { requestId: id, shardId: operation.shardOf(id, payload), submit: operation.submit }
  const submit = async (headers: Headers) => {
    const held = memory.open()
    const build = async (stop: AbortSignal) => {
      const fetched = await timed('fetch', () => fetchPayload(payloads, operation.ciphertexts(payload), held, stop))
      return operation.toCore(id, payload, fetched, domains[operation.contract])
    }
    try {
      await core.run({ ...work, headers, poll: undefined, build }, signal)
    } finally {
      held.close()
    }
  }
  if (!resume || poll === undefined) await timed('submit', submit)
  if (poll === undefined) return undefined
  const polling = { ...work, poll, resume: true, build: () => Promise.reject(FORGOTTEN) }
  for (let resubmits = 0; ; resubmits++) {
    try {
      return await timed('poll', headers => core.run({ ...polling, headers }, signal))
    } catch (fault) {
      if (fault !== FORGOTTEN) throw fault
    }
    if (resubmits >= MAX_RESUBMITS) throw new ConnectorError('CORE_FORGOT', `${id} after ${resubmits} more submits`)
    await timed('submit', submit)
  }
}
