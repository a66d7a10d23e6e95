import { processSettings } from '../processSettings.ts'
import { duration, flag, integer, integerOr, type Loaded, optional, url } from '../settings/declare.ts'
import { defineSettings, type Rule, type Schema } from '../settings/schema.ts'
import { brokerSettings } from './brokerSettings.ts'
import { finality } from './finality.ts'
import { gatewaySettings, MAX_ENDPOINTS } from './gatewaySettings.ts'
import { LEGACY_NAMES } from './legacyNames.ts'

const FIRST_START =
  'Needed on the first start only, when no cursor is stored yet: a block number, or "latest" to skip history on purpose.'

const FINALITY =
  'latest, safe or finalized as the node says; a number of confirmations, of which the own block is the first; or an age such as 7d by block time, after which an optimistic chain cannot be disputed any more.'

const listenerShape = {
  ...processSettings('kms-connector-gw-listener'),
  ...brokerSettings,
  ...gatewaySettings,
  decryption_polling: duration({
    default: '500ms',
    max: '5m',
    describe: 'Pause between two looks for decryption requests.',
  }),
  key_management_polling: duration({
    default: '30s',
    max: '1h',
    describe: 'Pause between two looks for key management requests.',
  }),
  decryption_finality: finality({
    default: 'latest',
    describe: `How final a block must be before its decryption requests are read: ${FINALITY} Everything but latest is added to the time users wait.`,
  }),
  key_management_finality: finality({
    default: 'latest',
    describe: `How final a block must be before its key management requests are read: ${FINALITY}`,
  }),
  keygen_finality: optional(
    finality({
      describe:
        'The same for prep-keygen and keygen alone, which are too expensive to be done for a block that is taken back: 7d waits for the end of the challenge period. As key_management_finality when left out.',
      example: '7d',
    }),
  ),
  decryption_from_block_number: optional(
    integerOr(['latest'], {
      min: 0,
      describe: `First block to read decryption requests from. ${FIRST_START}`,
      example: 0,
    }),
  ),
  kms_operation_from_block_number: optional(
    integerOr(['latest'], {
      min: 0,
      describe: `First block to read key management requests from. ${FIRST_START}`,
      example: 0,
    }),
  ),
  get_logs_batch_size: integer({
    default: 100,
    min: 1,
    max: 100_000,
    describe: 'Most blocks one eth_getLogs covers; shrinks by itself where the provider refuses.',
  }),
  overlap_blocks: integer({
    default: 50,
    min: 0,
    max: 100_000,
    describe:
      'Blocks below the cursor that are read again from time to time, against endpoints that served logs too early.',
  }),
  overlap_interval: duration({ default: '30s', max: '1h', describe: 'Pause between two reads of the overlap.' }),
  reorg_window: integer({
    default: 256,
    min: 1,
    max: 100_000,
    describe:
      'Recent blocks whose hashes are remembered to recognise a reorganisation of the chain. So many are read again when the block of a stored cursor was replaced while no listener ran.',
  }),
  event_quorum: integer({
    default: 1,
    min: 1,
    max: MAX_ENDPOINTS,
    describe:
      'Endpoints that must report the same logs of a range before its requests count. With 1, another endpoint is asked only when an answer is suspicious.',
  }),
  gateway_ws_url: optional(
    url({
      protocols: ['ws:', 'wss:'],
      describe:
        'WebSocket endpoint that announces new blocks, to look at the chain before the polling interval is over. It is never believed: without it requests arrive later, by the interval at most.',
      example: 'ws://localhost:8548',
    }),
  ),
  reconcile: flag({
    default: true,
    describe: 'Look for requests that were lost between the services, and have them computed again.',
  }),
  reconcile_interval: duration({ default: '1m', max: '1h', describe: 'Pause between two looks for lost requests.' }),
  reconcile_age: duration({
    default: '10m',
    min: '1s',
    max: '24h',
    describe:
      'Age below which an unanswered request is left alone. One that was run again is left alone for twice as long, then four times, and so on.',
  }),
  publish_in_flight: integer({ default: 64, min: 1, max: 4096, describe: 'Requests being published at once.' }),
} as const

const listenerRules: readonly Rule<Loaded<typeof listenerShape>>[] = [
  {
    path: 'event_quorum',
    check: ({ event_quorum: needed, gateway_url: { length } }) =>
      needed > length ? `needs ${needed} endpoints, gateway_url names ${length}` : undefined,
  },
]

export const listenerSettings = defineSettings(listenerShape, listenerRules, LEGACY_NAMES)

export type ListenerSettings = typeof listenerSettings extends Schema<infer V> ? V : never
