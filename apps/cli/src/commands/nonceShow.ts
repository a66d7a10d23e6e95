import { newestAttempt, type SlotRecord } from '@kms-connector/tx-sender'
import { COMMAND_EXIT, defineCommand, JSON_OPTION } from '../command.ts'
import { type NonceReport, readNonces } from '../nonceFacts.ts'
import { age, type Column, table } from '../table.ts'

export const nonceShow = defineCommand({
  usage: '[--json] [OPTIONS]',
  describe: `
Shows the nonces of the wallet: what the chain has consumed, what the ledger of the sender holds, which
nonces nobody owns, who holds the lease, and the last order about a nonce. Changes nothing.

Exit code 2 says that nonces below a transaction belong to nobody.`,
  options: JSON_OPTION,
  async run(context, { json }) {
    const report = await readNonces(context)
    if (json) context.printJson(asJson(report))
    else context.print(...story(report, Date.now()), ...table(columnsAt(report, Date.now()), report.slots, undefined))
    return report.gaps.length === 0 ? COMMAND_EXIT.done : COMMAND_EXIT.problems
  },
})

function story(
  { wallet, latest, pending, slots, gaps, adoptedFloor, order, leader }: NonceReport,
  now: number,
): string[] {
  const holder =
    typeof leader === 'object' ? `${leader.host}, pid ${leader.pid}, for ${age(now - leader.since)}` : 'nobody'
  return [
    `wallet     ${wallet}`,
    `chain      ${latest} consumed, ${Math.max(0, pending - latest)} waiting at the node`,
    `ledger     ${slots.length} open`,
    `gaps       ${gaps.length === 0 ? 'none' : gaps.join(', ')}`,
    `lease      ${holder}`,
    ...(adoptedFloor > latest ? [`adopted    nonces below ${adoptedFloor} are left to others`] : []),
    ...(order
      ? [`last order ${order.action} ${order.nonce} by ${order.by}, ${order.state}: ${order.detail ?? ''}`]
      : []),
    '',
  ]
}

const columnsAt = ({ latest }: NonceReport, now: number): readonly Column<SlotRecord>[] => [
  { title: 'NONCE', cell: ({ nonce }) => String(nonce), right: true },
  { title: 'AGE', cell: ({ attempts }) => age(now - attempts[0].signedAt), right: true },
  { title: 'STATE', cell: slot => stateOf(slot, latest) },
  { title: 'SIGNED', cell: ({ attempts }) => String(attempts.length), right: true },
  { title: 'OPERATION', cell: ({ operation }) => operation ?? '-' },
  { title: 'REQUEST', cell: ({ id }) => id ?? '-', shrink: true },
  { title: 'TRANSACTION', cell: slot => newestAttempt(slot).hash, shrink: true },
]

function stateOf(slot: SlotRecord, latest: number): string {
  if (slot.nonce < latest) return 'consumed'
  return newestAttempt(slot).burn ? 'burning' : 'sent'
}

function asJson({ slots, ...report }: NonceReport): unknown {
  return {
    ...report,
    slots: slots.map(slot => ({
      nonce: slot.nonce,
      id: slot.id ?? null,
      operation: slot.operation ?? null,
      state: stateOf(slot, report.latest),
      transactions: slot.attempts.map(({ hash, burn, maxFeePerGas }) => ({ hash, burn: burn ?? false, maxFeePerGas })),
    })),
  }
}
