import { processSettings } from '../processSettings.ts'
import { duration, endpoint, integer } from '../settings/declare.ts'
import { defineSettings, type Schema } from '../settings/schema.ts'
import { brokerSettings } from './brokerSettings.ts'

export const statusSettings = defineSettings({
  ...processSettings('kms-connector-request-status'),
  ...brokerSettings,
  request_status_endpoint: endpoint({
    default: '0.0.0.0:9200',
    describe:
      'Address of the request status server: /requests and /openapi.json. It asks for no password and shows what is public on chain, and why requests failed. Port 0 lets the operating system choose.',
  }),
  pipeline_polling: duration({
    default: '15s',
    min: '100ms',
    max: '10m',
    describe:
      'Pause between two looks at the whole pipeline for the metrics: backlog, dead letters, how full streams are. One look asks NATS about 40 cheap questions.',
  }),
  request_status_rate: integer({
    default: 200,
    min: 1,
    max: 100_000,
    describe: 'Questions answered a second, of all callers together; more are refused with 429.',
  }),
  request_status_read_timeout: duration({
    default: '5s',
    max: '30s',
    describe: 'How long NATS may take to answer one question; then the caller gets 503.',
  }),
  request_status_subscribers: integer({
    default: 256,
    min: 1,
    max: 4096,
    describe: 'Live streams of changes served at once; more are refused with 503.',
  }),
  request_status_stream_deadline: duration({
    default: '30m',
    min: '1s',
    max: '24h',
    describe: 'How long one live stream may last; a client that still wants to know connects again.',
  }),
})

export type StatusSettings = typeof statusSettings extends Schema<infer V> ? V : never
