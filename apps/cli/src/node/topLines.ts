import { age } from '../table.ts'
import type { NodeFacts } from './nodeFacts.ts'
import { pagesOf } from './pages.ts'
import { lastsText } from './runway.ts'
import { gapLines, outlook, runwayText } from './statusLines.ts'

const NAME = 16

/**
 * The dashboard as lines that fit. Pure.
 * @param rate answers a second since the last look; undefined on the first
 */
export function topLines(facts: NodeFacts, rate: number | undefined, columns: number, rows: number): string[] {
  const pages = pagesOf(facts).slice(0, 3)
  const time = new Date(facts.now).toISOString().slice(11, 19)
  const lines = [
    `kms-connector top  ${time} UTC  q quits`,
    '',
    ...numbers(facts, rate).map(([name, text]) => `${name.padEnd(NAME)}${text}`),
    '',
    ...(pages.length === 0 ? [`next page       ${outlook(facts.gaps)}`] : pages.map(pageLine)),
    ...gapLines(facts.gaps),
  ]
  return lines
    .slice(0, Math.max(1, rows - 1))
    .map(line => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line))
}

/** The numbers of the dashboard, also for plain lines. */
export function numbers(
  facts: NodeFacts,
  rate: number | undefined,
): readonly (readonly [name: string, text: string])[] {
  const { headLag, oldestOpenMs, openRequests, services, openSlots, nextNonce, deadLetters, sender } = facts
  return [
    ['head lag', headLag === undefined ? '?' : `${headLag} blocks`],
    ['answers', rate === undefined ? `${(facts.rate ?? 0).toFixed(1)}/s lately` : `${rate.toFixed(1)}/s`],
    ['open requests', `${openRequests ?? '?'}${oldestOpenMs ? `, oldest ${age(oldestOpenMs)}` : ''}`],
    ['Core latency', latencyText(services)],
    ['window', `${openSlots ?? '?'} transactions open, next nonce ${nextNonce ?? '?'}`],
    ['unsettled', sender?.ahead === undefined ? '?' : `${sender.ahead} answers`],
    ['wallet', runwayText(facts.runway)],
    ['dead letters', deadLetters === undefined ? '?' : String(deadLetters)],
    ['lease', leaseText(sender?.leader, facts.now)],
    ['fullest stream', facts.fullest ? `${facts.fullest.stream}, ${Math.round(100 * facts.fullest.part)} %` : '?'],
  ]
}

function latencyText({ coreP50, coreP99, asked }: NodeFacts['services']): string {
  if (asked === 0) return 'give workers with --endpoint URL'
  if (coreP50 === undefined || coreP99 === undefined) return 'no results yet'
  return `p50 ${coreP50.toFixed(2)} s, p99 ${coreP99.toFixed(2)} s`
}

function leaseText(leader: NonNullable<NodeFacts['sender']>['leader'], now: number): string {
  if (leader === undefined) return 'not known'
  return leader === 'nobody' ? 'NOBODY' : `${leader.host} (pid ${leader.pid}), ${age(now - leader.since)}`
}

function pageLine({ what, inMs }: { readonly what: string; readonly inMs: number }): string {
  return `next page       ${inMs === 0 ? 'NOW' : `in ${lastsText(inMs)}`}: ${what}`
}
