import type { AnswerWatch } from '../chain/index.ts'
import { type KeyCeremony, type KeyStep, operationOf, shortId } from '../workload/index.ts'
import type { FinishedRequest } from './observe.ts'
import { seconds, valueText } from './summary.ts'
import { ends, table } from './terminal.ts'

const DIGEST_CHARACTERS = 14
const HASH_CHARACTERS = 14

/** Draws the operations of the ceremony, then the first public and the first user decryption under the new key. */
export function keySummaryLines(
  { steps }: KeyCeremony,
  finished: readonly FinishedRequest[],
  watch: AnswerWatch,
  nodes: number,
  wide: boolean,
): string[] {
  const decryptions = (['public', 'user'] as const).flatMap(kind => finished.find(f => f.request.kind === kind) ?? [])
  return table(
    ['operation', 'id', 'consensus', 'after', 'answered by', 'digests or value', 'tx'],
    [
      ...steps.map(step => stepRow(step, nodes, wide)),
      ...decryptions.map(decryption => decryptionRow(decryption, watch, nodes, wide)),
    ],
  )
}

function stepRow(step: KeyStep, nodes: number, wide: boolean): string[] {
  const digests = step.digests.map(digest => ends(digest, DIGEST_CHARACTERS)).join(' ')
  return [
    step.operation,
    shortId(step.id),
    step.consensusEvent ?? 'completed outcomes',
    seconds(step.tookMs),
    `${step.answeredBy} of ${nodes}`,
    digests,
    hashText(step.transactionHash, wide),
  ]
}

function decryptionRow(
  { request, judgement, latencyMs, transactionHash }: FinishedRequest,
  watch: AnswerWatch,
  nodes: number,
  wide: boolean,
): string[] {
  const { id, kind, values } = request
  const answers = kind === 'public' ? watch.publicVotes.get(id) : watch.userShares.get(id)
  const texts = values.map(({ fheType }, i) => `${fheType.name} ${plaintextText(judgement.values[i], fheType)}`)
  return [
    operationOf(kind).name,
    shortId(id),
    kind === 'public' ? 'PublicDecryptionResponse' : 'threshold of shares',
    seconds(latencyMs),
    `${answers?.length ?? 0} of ${nodes}`,
    `${texts.join(', ')}${judgement.fault === undefined ? '' : ' WRONG'}`,
    hashText(transactionHash ?? '', wide),
  ]
}

function plaintextText(value: bigint | undefined, fheType: Parameters<typeof valueText>[0]): string {
  return value === undefined ? '-' : valueText(fheType, value)
}

function hashText(hash: string, wide: boolean): string {
  return wide ? hash : ends(hash, HASH_CHARACTERS)
}
