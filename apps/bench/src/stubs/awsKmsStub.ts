import { startAwsKmsServer } from '@kms-connector/devnet'

/** An AWS KMS on loopback with one key, that of the environment. For benchmarks only. Prints URL and key id as a line of JSON. */
const privateKey = Buffer.from((process.env['KMS_BENCH_WALLET_KEY'] ?? '').replace(/^0x/, ''), 'hex')
const { service } = await startAwsKmsServer()
const { id } = service.createKey({ privateKey })
process.stdout.write(`${JSON.stringify({ url: service.url, key: id })}\n`)
process.on('SIGTERM', () => process.exit(0))
