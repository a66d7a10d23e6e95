import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import {
  type ErrorCode,
  type Hex,
  hexOf,
  OPERATIONS_V0_11,
  OperationTable,
  type RequestId,
  requestIdOf,
} from '@kms-connector/protocol'
import { DEAD_LETTERS, decodeDeadLetter } from '@kms-connector/streams'
import { ChainSender, deployForwarder, devKey, Relayer } from '../../apps/devnet/src/chain/index.ts'
import { APPLICATION, COPROCESSORS, HOST_CHAIN_ID, USER } from '../../apps/devnet/src/devnet/index.ts'
import type { S3Fault } from '../../apps/devnet/src/s3/index.ts'
import {
  allow,
  type Ciphertext,
  commit,
  encrypt,
  newHandle,
  type PreparedRequest,
  placeRequest,
  prepareRequests,
  type RequestKind,
  upload,
} from '../../apps/devnet/src/workload/index.ts'
import { eventually, fheType, PipelineBench, small } from './pipelineBench.ts'

/** What a bucket does with the object of a digest, by `bucket/key`. */
const bucketFaults = new Map<string, S3Fault>()

let bench: PipelineBench

before(async () => {
  bench = await PipelineBench.start({
    workers: 2,
    s3Faults: ({ method, bucket, key }) => (method === 'GET' ? bucketFaults.get(`${bucket}/${key}`) : undefined),
    // Four attempts take about eight seconds: long enough to mend something in between, short enough to see the end.
    worker: {
      MAX_DECRYPTION_ATTEMPTS: '4',
      MAX_DECRYPTION_AGE: '3s',
      S3_GET_TIMEOUT: '500ms',
      S3_FETCH_TIMEOUT: '5s',
      S3_MAX_CIPHERTEXT_SIZE: '1MiB',
    },
    listener: { KEY_MANAGEMENT_POLLING: '500ms' },
  })
})
after(() => bench?.stop())

const uint8 = fheType('uint8')

function ciphertext(handle?: Hex, value = 42n): Promise<Ciphertext> {
  return encrypt(bench.devnet, { fheType: uint8, value, form: 'expanded' }, handle)
}

function put(bucket: string, digest: Hex, bytes: Uint8Array): Promise<unknown> {
  return bench.s3.send(new PutObjectCommand({ Bucket: bucket, Key: digest.slice(2), Body: bytes }))
}

async function place(kind: RequestKind, value: Ciphertext) {
  return placeRequest(bench.devnet.relayer, { kind, values: [value] })
}

async function expectDead(kind: RequestKind, id: RequestId, code: ErrorCode): Promise<void> {
  const dead = await bench.expectDead(kind, id)
  assert.equal(dead.code, code)
  assert.equal(dead.stage, 'kms-worker')
  await bench.watch.poll()
  assert.equal(bench.watch.isAnswered(id), false)
}

/** A request whose ciphertext is known and allowed, but was never uploaded. */
async function committed(kind: RequestKind = 'public', value?: Ciphertext): Promise<PreparedRequest> {
  const prepared = { kind, values: [value ?? (await ciphertext())] }
  await commit(bench.devnet, prepared.values)
  await allow(bench.devnet, [prepared])
  return prepared
}

async function expectAnsweredAfterAll(request: Awaited<ReturnType<typeof place>>): Promise<void> {
  bench.requests.push(request)
  await bench.expectAnswered([request])
}

test('a ciphertext that no bucket holds is asked for again, and answered once it is there', async () => {
  const prepared = await committed()
  const request = await placeRequest(bench.devnet.relayer, prepared)
  await bench.expectRetry(request.id, 'CIPHERTEXT_MISSING')
  await upload(prepared.values, bench.s3)
  await expectAnsweredAfterAll(request)
})

test('what the host chain does not allow is asked for again, and answered once it is allowed', async () => {
  const value = await ciphertext()
  await commit(bench.devnet, [value])
  await upload([value], bench.s3)
  const request = await place('user', value)
  await bench.expectRetry(request.id, 'ACL_DENIED')
  await bench.devnet.hostAcl.allow([value.handle], [USER.address, APPLICATION])
  await expectAnsweredAfterAll(request)
})

test('wrong bytes in one bucket are answered from the other', async () => {
  const prepared = await committed()
  const [value] = prepared.values
  const [first, second] = COPROCESSORS
  assert.ok(value && first && second)
  await put(first.bucket, value.digest, Buffer.from('not what was committed'))
  await put(second.bucket, value.digest, value.bytes)
  await expectAnsweredAfterAll(await placeRequest(bench.devnet.relayer, prepared))
})

test('a bucket that stalls is left for the other', async () => {
  const prepared = await committed()
  const [value] = prepared.values
  assert.ok(value)
  await upload([value], bench.s3)
  bucketFaults.set(`${COPROCESSORS[0]?.bucket}/${value.digest.slice(2)}`, { kind: 'stall' })
  await expectAnsweredAfterAll(await placeRequest(bench.devnet.relayer, prepared))
})

/** Each ends as a dead letter after its attempts are used up; meanwhile nothing else waits for it. */
const HOPELESS: readonly {
  readonly what: string
  readonly code: ErrorCode
  place(): Promise<{ readonly id: RequestId }>
}[] = [
  {
    what: 'wrong bytes in every bucket',
    code: 'CIPHERTEXT_DIGEST_MISMATCH',
    async place() {
      const prepared = await committed()
      for (const { digest } of prepared.values)
        for (const { bucket } of COPROCESSORS) await put(bucket, digest, Buffer.from('not what was committed'))
      return placeRequest(bench.devnet.relayer, prepared)
    },
  },
  {
    what: 'a ciphertext that never appears',
    code: 'CIPHERTEXT_MISSING',
    place: async () => placeRequest(bench.devnet.relayer, await committed()),
  },
  {
    what: 'a ciphertext above the ceiling',
    code: 'CIPHERTEXT_TOO_LARGE',
    async place() {
      const value = await encrypt(bench.devnet, { fheType: fheType('uint256'), value: 1n, form: 'expanded' })
      const prepared = await committed('public', value)
      await upload(prepared.values, bench.s3)
      return placeRequest(bench.devnet.relayer, prepared)
    },
  },
  {
    what: 'buckets that all stall',
    code: 'CIPHERTEXT_TIMEOUT',
    async place() {
      const prepared = await committed()
      await upload(prepared.values, bench.s3)
      for (const { digest } of prepared.values)
        for (const { bucket } of COPROCESSORS) bucketFaults.set(`${bucket}/${digest.slice(2)}`, { kind: 'stall' })
      return placeRequest(bench.devnet.relayer, prepared)
    },
  },
  {
    what: 'a decryption that the host chain never allows',
    code: 'ACL_DENIED',
    async place() {
      const value = await ciphertext()
      await commit(bench.devnet, [value])
      await upload([value], bench.s3)
      return place('public', value)
    },
  },
  {
    what: 'a handle of a chain that is not configured',
    code: 'HOST_CHAIN_UNKNOWN',
    place: async () =>
      placeRequest(bench.devnet.relayer, await committed('public', await ciphertext(newHandle(uint8, 99_999)))),
  },
]

test('what stays impossible becomes a dead letter, and nothing else waits for it', async t => {
  const placed = await Promise.all(HOPELESS.map(async ({ what, code, place }) => ({ what, code, ...(await place()) })))
  const others = await bench.request([small('public', 1n), small('user', 2n), small('delegated', 3n)])
  await bench.expectAnswered(others)
  for (const { what, code, id } of placed) await t.test(`${what}: ${code}`, () => expectDead('public', id, code))
})

test('a malformed handle is a dead letter at once', async () => {
  const value = await ciphertext(newHandle(uint8, HOST_CHAIN_ID, 1))
  const request = await placeRequest(bench.devnet.relayer, await committed('public', value))
  await expectDead('public', request.id, 'HANDLE_MALFORMED')
})

test('a user request that came through another contract is a dead letter at once', async () => {
  const { chains, contracts } = bench.devnet
  const { rpcUrl } = chains.gateway
  const privateKey = devKey(9)
  const forwarder = await deployForwarder({ rpcUrl, deployer: privateKey })
  const relayer = new Relayer({ rpcUrl, gateway: contracts.gateway, privateKey, forwarder })
  const [prepared] = await prepareRequests(bench.devnet, [small('user')], bench.s3)
  assert.ok(prepared)
  const { id } = await placeRequest(relayer, prepared)
  await expectDead('user', id, 'CALLDATA_FOREIGN')
})

const NONSENSE = [
  ['a message that is no JSON', 'garbage', 'MESSAGE_MALFORMED'],
  ['a message of an unknown version', '{"v":99}', 'MESSAGE_VERSION_UNKNOWN'],
  ['a message without content', '{"v":1}', 'MESSAGE_MALFORMED'],
] as const

for (const [index, [what, body, code]] of NONSENSE.entries()) {
  test(`${what} is a dead letter with every byte of it`, async () => {
    const id = requestIdOf((1n << 248n) + 1_000_000n + BigInt(index))
    await bench.broker.jetstream.publish(`kms.request.public-decryption.${id}`, body)
    await expectDead('public', id, code)
    const stored = await bench.broker.manager.streams.getMessage(DEAD_LETTERS, {
      last_by_subj: `kms.dead.kms-worker.public-decryption.${id}`,
    })
    assert.equal(Buffer.from(decodeDeadLetter(stored.data).body).toString(), body)
  })
}

/** Emits a log whose topic is the first word of its calldata and whose data is the rest. */
const EMITTER = '0x60203603806020600037600035906000a100'

test('a log that cannot be decoded is a dead letter, and the listener reads on', async () => {
  const { chains, contracts } = bench.devnet
  const { rpcUrl } = chains.gateway
  const address = contracts.gateway.kmsGeneration
  const sender = new ChainSender({ rpcUrl, privateKey: devKey(9) })
  // CAST: a method of development chains only, which viem's types do not list
  await sender.client.request({ method: 'anvil_setCode', params: [address, EMITTER] } as never)
  const table = new OperationTable(OPERATIONS_V0_11)
  const [topic] = table.topics([table.named('crsgen')])
  assert.ok(topic)
  const garbage = hexOf(Buffer.from('no event data'))
  const { transactionHash } = await sender.send({ to: address, data: `${topic}${garbage.slice(2)}` })
  const subject = `kms.dead.gw-listener.crsgen.${transactionHash.slice(2)}-0`
  const letter = await eventually(subject, async () => {
    const found = await bench.broker.manager.streams
      .getMessage(DEAD_LETTERS, { last_by_subj: subject })
      .catch(() => undefined)
    return found && decodeDeadLetter(found.data)
  })
  assert.equal(letter.code, 'LOG_UNDECODABLE')
  await bench.expectAnswered(await bench.request([small('public', 5n)]))
})

test('after all of this every other request was answered exactly once', () => bench.expectExactlyOnce())
