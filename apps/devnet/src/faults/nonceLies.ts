import { numberToHex } from 'viem'
import type { RpcAction } from './rpcAction.ts'

/** Every transaction count is off by this much, never below zero. */
export function nonceOffBy(difference: number): RpcAction {
  return {
    kind: 'edit',
    edit: result => numberToHex(Math.max(0, Number(result) + difference)),
  }
}

/** Announces blocks that the node does not have. */
export function headAheadBy(blocks: number): RpcAction {
  return { kind: 'edit', edit: result => numberToHex(Number(result) + blocks) }
}
