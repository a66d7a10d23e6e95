import { parseArgs } from 'node:util'
import { type Hex, parseRequestId } from '@kms-connector/protocol'
import { startCore } from './coreServer.ts'
import type { CoreOptions } from './coreSettings.ts'
import { coreTls } from './coreTls.ts'

const USAGE = `usage: node main.ts --seed TEXT --signing-key 0xHEX [--party 1] [--parties 1] [--host 127.0.0.1] [--port 0]
  [--key-id HEX]... [--no-keys] [--delay-ms 0] [--concurrency 64] [--long-poll-ms 60000] [--capacity 10000] [--min-completed 6000]
  [--serve-after-init] [--tls-cert FILE --tls-key FILE --tls-client-ca FILE]
The signing key may come from KMS_DEV_CORE_SIGNING_KEY instead.`

const OPTIONS = {
  seed: { type: 'string' },
  'signing-key': { type: 'string' },
  party: { type: 'string' },
  parties: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'key-id': { type: 'string', multiple: true },
  'no-keys': { type: 'boolean' },
  'delay-ms': { type: 'string' },
  concurrency: { type: 'string' },
  'long-poll-ms': { type: 'string' },
  capacity: { type: 'string' },
  'min-completed': { type: 'string' },
  'serve-after-init': { type: 'boolean' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-client-ca': { type: 'string' },
} as const

/** Options of the process that are whole numbers, and what they set. */
const NUMBERS = [
  ['party', 'partyId'],
  ['parties', 'parties'],
  ['port', 'port'],
  ['delay-ms', 'delayMs'],
  ['concurrency', 'concurrency'],
  ['long-poll-ms', 'longPollMs'],
  ['capacity', 'capacity'],
  ['min-completed', 'minCompleted'],
] as const

async function readOptions(): Promise<CoreOptions> {
  const { values } = parseArgs({ options: OPTIONS })
  const signingKey = values['signing-key'] ?? process.env['KMS_DEV_CORE_SIGNING_KEY']
  if (values.seed === undefined) throw new Error('--seed is missing')
  if (!isPrivateKey(signingKey)) throw new Error('the signing key is not 0x and 64 hex digits')
  if (values['no-keys'] && values['key-id']) throw new Error('--no-keys and --key-id contradict each other')
  const keyIds = values['no-keys'] ? [] : values['key-id']?.map(parseRequestId)
  const { 'tls-cert': certFile, 'tls-key': keyFile, 'tls-client-ca': caFile } = values
  const tls = certFile && keyFile && caFile ? await coreTls({ certFile, keyFile, caFile }) : undefined
  if (!tls && (certFile ?? keyFile ?? caFile)) throw new Error('--tls-cert, --tls-key and --tls-client-ca go together')
  const numbers: { [K in (typeof NUMBERS)[number][1]]?: number } = {}
  for (const [flag, name] of NUMBERS) {
    const text = values[flag]
    if (text !== undefined && !/^\d{1,9}$/.test(text)) throw new Error(`--${flag} is not a whole number`)
    if (text !== undefined) numbers[name] = Number(text)
  }
  return {
    seed: values.seed,
    signingKey,
    ...numbers,
    tls,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(keyIds === undefined ? {} : { keyIds }),
    notServingUntilInit: values['serve-after-init'] ?? false,
    onFailure: (requestId, metric, reason) => console.error(JSON.stringify({ requestId, metric, reason })),
  }
}

function isPrivateKey(text: string | undefined): text is Hex {
  return text !== undefined && /^0x[0-9a-fA-F]{64}$/.test(text)
}

try {
  const core = await startCore(await readOptions())
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void core.stop())
  console.log(JSON.stringify({ url: core.url, signer: core.signerAddress }))
} catch (fault) {
  console.error(`${fault instanceof Error ? fault.message : String(fault)}\n${USAGE}`)
  process.exitCode = 1
}
