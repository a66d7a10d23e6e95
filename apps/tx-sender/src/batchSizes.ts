import type { Mempool } from './timings.ts'

/** Looked up, not computed. */
const RECEIPTS = 64
const SIMULATIONS = 32
/** Each is several runs of the contract; an answer must not wait long for its neighbours. */
const ESTIMATES = 16
const TRANSACTIONS = 16

/**
 * Pure: how many calls of a method travel as one JSON-RPC batch. Nodes carry out a batch one call after the other. An
 * Arbitrum sequencer answers to a transaction when it is in a block, so the second of a batch would wait for the block
 * after; there transactions go side by side instead. Looks at the wallet travel alone: there is one of each at a time.
 */
export function batchSizeOf(method: string, mempool: Mempool): number {
  switch (method) {
    case 'eth_getTransactionReceipt':
      return RECEIPTS
    case 'eth_call':
      return SIMULATIONS
    case 'eth_estimateGas':
      return ESTIMATES
    case 'eth_sendRawTransaction':
      return mempool === 'none' ? 1 : TRANSACTIONS
    default:
      return 1
  }
}
