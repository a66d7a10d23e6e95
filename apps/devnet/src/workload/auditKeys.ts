import type { RequestId } from '@kms-connector/protocol'
import type { Devnet } from '../devnet/index.ts'
import { shortId } from './audit.ts'
import type { KeyCeremony, KeyStep } from './keyCeremony.ts'
import { type Whereabouts, whereaboutsText } from './whereabouts.ts'

/**
 * Checks that every node answered every operation exactly once, that each was agreed on once, and that an operation without
 * an answer is completed at every node.
 * @returns a sentence for each one that is not as it must be
 */
export function auditKeys(
  devnet: Pick<Devnet, 'nodes'>,
  { steps, watch }: Pick<KeyCeremony, 'steps' | 'watch'>,
): string[] {
  return steps.flatMap(step => {
    const name = `${step.operation} ${shortId(step.id)}`
    const ends = devnet.nodes.flatMap(({ party }, index) => {
      const where = step.whereabouts[index]
      return where && isDone(step, where)
        ? []
        : [`${name}, node ${party}: ${where ? whereaboutsText(where) : 'unknown'}`]
    })
    if (!step.onChain) return ends
    const votes = watch.votes.get(step.id) ?? []
    const counts = devnet.nodes.map(({ wallet }) => votes.filter(vote => vote.kmsTxSender === wallet.address).length)
    const consensus = watch.consensus.get(step.id)?.length ?? 0
    if (counts.some(count => count !== 1)) ends.push(`${name}: answers on chain by node: ${counts.join(', ')}`)
    if (consensus !== 1) ends.push(`${name}: ${consensus} consensus events on chain`)
    return ends
  })
}

function isDone({ onChain }: KeyStep, { published, dead, outcome }: Whereabouts): boolean {
  const ends: readonly (string | undefined)[] = onChain ? ['confirmed', 'already-answered'] : ['completed']
  return published && dead === undefined && ends.includes(outcome?.status)
}

/** What one node sent to the chain for a ceremony, in the form in which its decryptions are audited. @param index of the node */
export function keyAnswersOf({ steps }: Pick<KeyCeremony, 'steps'>, index: number): Map<RequestId, Whereabouts> {
  const answers = steps.filter(({ onChain }) => onChain)
  return new Map(
    answers.flatMap(({ id, whereabouts }) => {
      const where = whereabouts[index]
      return where ? [[id, where] as const] : []
    }),
  )
}
