import { connect, type JsMsg } from 'nats'
import { BARE_REQUESTS, bareConfig } from './bareConfig.ts'
import { type BareRequest, bareCore } from './bareCore.ts'
import { bareFetch } from './bareFetch.ts'
import { bareVerify } from './bareVerify.ts'

/** The least that a worker does: fetch, hash, submit, poll, recover the signer, publish, acknowledge. */
const AHEAD = 256

const config = bareConfig()
const { kind, natsUrl, concurrency } = config
const core = bareCore(config)
const fetchOne = await bareFetch(config.s3Bucket)
const verify = await bareVerify(config)

async function answer(message: JsMsg): Promise<void> {
  const request = JSON.parse(message.string()) as BareRequest // CAST: written by the bare listener
  const { id, cts } = request
  const ciphertexts = await Promise.all(cts.map(({ digest }) => fetchOne(digest)))
  const { result, signature } =
    kind === 'public'
      ? verify.publicAnswer(request, await core.publicDecrypt(request, ciphertexts))
      : verify.userAnswer(request, await core.userDecrypt(request, ciphertexts))
  const body = JSON.stringify({ v: 1, id, result, signature, extraData: '0x' })
  await publishing.publish(`bare.response.${id}`, Buffer.from(body), { msgID: id })
  message.ack()
}

const publishing = (await connect({ servers: natsUrl })).jetstream()
const consuming = (await connect({ servers: natsUrl })).jetstream()
const consumer = await consuming.consumers.get(BARE_REQUESTS, 'worker')
const messages = await consumer.consume({ max_messages: AHEAD })
process.on('SIGTERM', () => process.exit(0))
process.stdout.write('{"url":"none"}\n')
const underWay = new Set<Promise<unknown>>()
for await (const message of messages) {
  const work: Promise<unknown> = answer(message).then(() => underWay.delete(work))
  work.catch((fault: unknown) => {
    process.stderr.write(`${String(fault)}\n`)
    process.exit(1)
  })
  underWay.add(work)
  if (underWay.size >= concurrency) await Promise.race(underWay)
}
