import type { RequestId } from '@kms-connector/protocol'
import { type Broker, RESPONSES, requestStream } from '@kms-connector/streams'
import type { Hash } from 'viem'
import type { AnswerWatch } from '../chain/index.ts'
import { type Devnet, thresholdsOf } from '../devnet/index.ts'
import { type Judgement, judgeAnswer, operationOf, type PendingRequest, shortId } from '../workload/index.ts'
import type { Progress } from './progress.ts'
import { valueText } from './summary.ts'

/** A request whose answer is on chain and was read. */
export interface FinishedRequest {
  readonly request: PendingRequest
  readonly judgement: Judgement
  /** From the request seen on chain to its answer seen on chain, milliseconds. */
  readonly latencyMs: number
  readonly blocks: number
  /** Transaction that completed the answer. */
  readonly transactionHash: Hash | undefined
}

/** Reads chain and streams once, judges what was answered since the last time, and brings the progress up to date. */
export async function observe(
  devnet: Devnet,
  watch: AnswerWatch,
  broker: Broker,
  pending: ReadonlyMap<RequestId, PendingRequest>,
  finished: Map<RequestId, FinishedRequest>,
  progress: Progress,
): Promise<void> {
  await Promise.all([watch.poll(), countMessages(broker, progress)])
  const seenAt = performance.now()
  for (const [id, request] of pending) {
    if (finished.has(id) || !watch.isAnswered(id)) continue
    const judgement = judgeAnswer(devnet, watch, request)
    const answer = completion(watch, request, devnet.nodes.length)
    finished.set(id, {
      request,
      judgement,
      latencyMs: Math.max(0, seenAt - request.placedAt),
      blocks: answer ? Number(answer.blockNumber - request.blockNumber) : 0,
      transactionHash: answer?.transactionHash,
    })
    progress.onChain++
    progress.byKind[request.kind].onChain++
    if (judgement.fault !== undefined) progress.mismatches++
    progress.note(noteOf(request, judgement))
  }
}

/** The event with which an answer was complete. */
function completion(watch: AnswerWatch, { id, kind }: PendingRequest, nodes: number) {
  if (kind === 'public') return watch.publicAnswers.get(id)?.[0]
  return watch.userShares.get(id)?.[thresholdsOf(nodes).userDecryption - 1]
}

function noteOf({ id, kind, values }: PendingRequest, { fault }: Judgement): string {
  const what = values.map(({ fheType, value }) => `${fheType.name} ${valueText(fheType, value)}`).join(', ')
  return `${shortId(id)} ${kind}: ${fault === undefined ? `${what} ✓` : `✗ ${fault}`}`
}

async function countMessages(broker: Broker, progress: Progress): Promise<void> {
  const count = async (stream: string) => (await broker.manager.streams.info(stream)).state.messages
  const streams = [requestStream(operationOf('public')), requestStream(operationOf('user')), RESPONSES]
  const [publicRequests = 0, userRequests = 0, responses = 0] = await Promise.all(streams.map(count))
  progress.published = publicRequests + userRequests
  progress.answered = responses - progress.answeredBefore
}
