import { type ErrorCode, toConnectorError } from '@kms-connector/protocol'
import type { Sender } from './sender.ts'

/** Stops sending: every answer would fail the same way. Nothing is burned; it is tried again after the pause. */
export function park(sender: Sender, code: ErrorCode, fault: unknown): void {
  const { state } = sender
  const { policy, metrics, logger, wallet } = sender.with
  const { parkPauseMs } = policy
  const news = state.park?.code !== code
  state.park = { code, until: Date.now() + parkPauseMs }
  if (!news) return
  metrics.parked.reset()
  metrics.parked.set({ code }, 1)
  logger.error({ err: toConnectorError(fault), wallet: wallet.address, again_in_ms: parkPauseMs }, `paused: ${code}`)
}

/** Something succeeded that would have failed if one of these reasons still held. */
export function resume(sender: Sender, ...codes: readonly ErrorCode[]): void {
  const { state } = sender
  if (!state.park || !codes.includes(state.park.code)) return
  sender.with.logger.info({ code: state.park.code }, 'goes on sending')
  state.park = undefined
  sender.with.metrics.parked.reset()
}
