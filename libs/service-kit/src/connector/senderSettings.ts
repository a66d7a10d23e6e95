import { processSettings } from '../processSettings.ts'
import { choice, duration, integer, optional } from '../settings/declare.ts'
import { defineSettings, type Schema } from '../settings/schema.ts'
import { brokerSettings } from './brokerSettings.ts'
import { gatewaySettings } from './gatewaySettings.ts'
import { LEGACY_NAMES } from './legacyNames.ts'
import { nodeSettings } from './nodeSettings.ts'
import { walletRules, walletSettings } from './walletSettings.ts'

const senderShape = {
  ...processSettings('kms-connector-tx-sender'),
  ...brokerSettings,
  ...gatewaySettings,
  // Only for the check at start, which other services can do, too: a sender must not need it to start.
  gateway_config_contract: optional(nodeSettings.gateway_config_contract, { givenBy: 'address' }),
  ...walletSettings,
  max_open_transactions: integer({
    default: 256,
    min: 1,
    max: 1024,
    describe:
      'Transactions that wait to be mined at once. It bounds the rate: as many are mined in the time from a nonce to its receipt, a quarter of a second at 100 ms blocks. When one in front is lost, those behind it wait.',
  }),
  prepare_ahead: integer({ default: 64, min: 1, max: 1024, describe: 'Answers being tried or estimated at once.' }),
  send_ahead: optional(
    integer({
      min: 1,
      max: 1024,
      describe:
        'Transactions being given to the node at once, in nonce order; 128 without a mempool, 64 with one when left out. A sequencer answers with the block, so as many go into one; it holds up to 1024 that arrive early, for a second. Nodes with a mempool hold 64 early ones of a wallet and drop more.',
    }),
  ),
  rpc_batch_size: integer({
    default: 64,
    min: 1,
    max: 1000,
    describe:
      'Most calls of one kind that travel as one JSON-RPC batch: receipts; estimates, of which 16 at most do; transactions, but only with mempool = present, because a sequencer answers to each when it is in a block. 1 turns batches off.',
  }),
  confirmations: integer({
    default: 1,
    min: 1,
    max: 10_000,
    describe: "Blocks before an answer counts as settled, the receipt's own block included. 1 suits a sequencer chain.",
  }),
  receipt_polling: duration({
    default: '100ms',
    max: '1m',
    describe: 'Pause between two looks for mined transactions, while any is open.',
  }),
  mempool: choice(['none', 'present'], {
    default: 'none',
    describe:
      'Whether nodes of the Gateway keep transactions that cannot be mined yet. none: an Arbitrum sequencer, where higher fees move nothing; present: a chain like Ethereum, where they do.',
  }),
  resend_after: optional(
    duration({
      max: '10m',
      describe:
        'An accepted transaction at the head of the queue that is not mined is sent again, the same bytes, after this long; 5s without a mempool, 60s with one when left out.',
    }),
  ),
  stall_after: optional(
    duration({
      max: '1h',
      describe:
        'After this long without being mined, the contract is asked again about the answer at the head, and a higher fee is offered where there is a mempool; 15s without one, 36s with one when left out.',
    }),
  ),
  burn_after: optional(
    duration({
      max: '24h',
      describe:
        'An answer at the head that nothing moves gives up its nonce to an empty transaction and gets another one after this long; 60s without a mempool, 10m with one when left out.',
    }),
  ),
  checkpoint_interval: duration({ default: '250ms', max: '1m', describe: 'Pause between two checkpoints.' }),
  max_fee_per_gas_gwei: integer({
    default: 500,
    min: 1,
    max: 1_000_000,
    describe: 'Ceiling of the fee per gas in gwei; above it answers wait for cheaper blocks.',
  }),
  priority_fee_gwei: integer({
    default: 0,
    min: 0,
    max: 1_000_000,
    describe: 'Tip per gas in gwei; a sequencer that orders first come first served ignores it.',
  }),
  max_answer_attempts: integer({
    default: 20,
    min: 1,
    max: 10_000,
    describe:
      'Refusals after which the answer of a decryption becomes a dead letter, provided that it is old enough too.',
  }),
  max_answer_age: duration({ default: '30m', max: '48h', describe: 'Age below which an answer is never given up.' }),
  park_pause: duration({
    default: '10s',
    max: '10m',
    describe: 'Pause before the next try while nothing can be sent, such as with an empty wallet.',
  }),
  inbox_size: optional(
    integer({
      min: 16,
      max: 65_536,
      describe: 'Answers read ahead of the checkpoint; twice max_open_transactions when left out.',
    }),
  ),
} as const

export const senderSettings = defineSettings(senderShape, walletRules, LEGACY_NAMES)

export type SenderSettings = typeof senderSettings extends Schema<infer V> ? V : never
