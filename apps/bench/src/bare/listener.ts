import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { connect } from 'nats'
import { decodeEventLog, type Hex, toEventSelector } from 'viem'
import { callRpc } from '../world/jsonRpc.ts'
import { bareConfig } from './bareConfig.ts'

/** The least that a listener does: read ranges, decode, publish. No cursor, no checks, no second look. */
const BLOCKS = 10
const UNDER_WAY = 256

interface Log {
  readonly data: Hex
  readonly topics: [Hex, ...Hex[]]
  readonly transactionHash: Hex
  readonly blockNumber: Hex
}

interface Material {
  readonly ctHandle: Hex
  readonly keyId: bigint
  readonly snsCiphertextDigest: Hex
}

const { kind, fromBlock, toBlock, natsUrl, rpcUrl, decryption } = bareConfig()
const event = OPERATIONS_V0_11.find(({ name }) => name === `${kind}-decryption`)?.event
if (!event) throw new RangeError(kind)
const topic = toEventSelector(event)
const jetstream = (await connect({ servers: natsUrl })).jetstream()
const underWay = new Set<Promise<unknown>>()
process.on('SIGTERM', () => process.exit(0))
process.stdout.write('{"url":"none"}\n')
for (let from = fromBlock; from <= toBlock; from += BLOCKS) {
  const to = Math.min(from + BLOCKS - 1, toBlock)
  const range = {
    address: decryption,
    topics: [topic],
    fromBlock: `0x${from.toString(16)}`,
    toBlock: `0x${to.toString(16)}`,
  }
  // CAST: logs of our own node
  for (const { data, topics, transactionHash, blockNumber } of (await callRpc(rpcUrl, 'eth_getLogs', [
    range,
  ])) as Log[]) {
    // CAST: the fields of the event
    const args = decodeEventLog({ abi: [event], data, topics }).args as unknown as {
      snsCtMaterials: readonly Material[]
      publicKey?: Hex
      userAddress?: Hex
    }
    const id = topics[1]?.slice(2) ?? ''
    const cts = args.snsCtMaterials.map(m => ({
      handle: m.ctHandle,
      keyId: m.keyId.toString(16).padStart(64, '0'),
      digest: m.snsCiphertextDigest,
    }))
    const body = JSON.stringify({
      v: 1,
      id,
      cts,
      user: args.userAddress,
      key: args.publicKey,
      tx: transactionHash,
      block: blockNumber,
    })
    const published: Promise<unknown> = jetstream
      .publish(`bare.request.${id}`, Buffer.from(body), { msgID: id })
      .then(() => underWay.delete(published))
    underWay.add(published)
    if (underWay.size >= UNDER_WAY) await Promise.race(underWay)
  }
}
await Promise.all(underWay)
// The processor time of this process is read when it is done.
setInterval(() => {}, 60_000)
