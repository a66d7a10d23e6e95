import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hex, OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import fc from 'fast-check'
import { type AbiEvent, type AbiParameter, encodeAbiParameters, encodeEventTopics } from 'viem'
import { type DecodedLog, decodeLog, MAX_LOG_DATA_BYTES } from './decodeLog.ts'
import type { RawLog } from './rawLog.ts'

const table = new OperationTable(OPERATIONS_V0_11)
const hash = `0x${'dd'.repeat(32)}` as const
const origin = {
  chainId: 54321,
  blockNumber: 7,
  blockHash: hash,
  transactionHash: hash,
  logIndex: 3,
  blockTimestamp: undefined,
}
const idOf = (type: bigint, n = 1n) => (type << 248n) + n
const word = (value: bigint | number) => BigInt(value).toString(16).padStart(64, '0')

function log(event: AbiEvent, args: Readonly<Record<string, unknown>>): RawLog {
  const plain = event.inputs.filter(input => input.indexed !== true)
  type TopicArgs = Parameters<typeof encodeEventTopics>[0]
  // CAST: the tables below name the arguments of each event, and none of our events is anonymous
  const topics = encodeEventTopics({ abi: [event], args } as unknown as TopicArgs) as Hex[]
  const data = encodeAbiParameters(
    // CAST: inputs of an event are ABI parameters with a flag more
    plain as readonly AbiParameter[],
    plain.map(input => args[input.name ?? '']),
  )
  return rawLog(topics, data)
}

function rawLog(topics: readonly Hex[], data: Hex): RawLog {
  const { chainId: _, ...place } = origin
  return { ...place, address: `0x${'aa'.repeat(20)}`, topics, data }
}

const event = (name: string): AbiEvent => table.named(name).event
const decode = (raw: RawLog): DecodedLog => decodeLog(table, origin.chainId, raw)

const address = (byte: string): Hex => `0x${byte.repeat(20)}`
const material = (n: number, keyId = idOf(4n)) => ({
  ctHandle: `0x${word(n)}` as const,
  keyId,
  snsCiphertextDigest: `0x${word(n + 100)}` as const,
  coprocessorTxSenderAddresses: [address('ab'), address('cd')],
})

/** Topics of the deployed v0.11 contracts, not computed. */
const TOPICS: Readonly<Record<string, Hex>> = {
  'public-decryption': '0x22db480a39bd72556438aadb4a32a3d2a6638b87c03bbec5fef6997e109587ff',
  'user-decryption': '0xf9011bd6ba0da6049c520d70fe5971f17ed7ab795486052544b51019896c596b',
  'prep-keygen': '0x02024007d96574dbc9d11328bfee9893e7c7bb4ef4aa806df33bfdf454eb5e60',
  keygen: '0x78b179176d1f19d7c28e80823deba2624da2ca2ec64b1701f3632a87c9aedc92',
  crsgen: '0x3f038f6f88cb3031b7718588403a2ec220576a868be07dde4c02b846ca352ef5',
  'prss-init': '0x11db42c1878f2e2819241f5250984563f06cf22818e7adb86a66921d15d59d3f',
  'key-reshare': '0x1ccb5545c4c8db50a0f5b416499526929f68534ed47f6cfd4c9f069075e60b45',
}

const decryption = { materials: [material(1), material(2)], extraData: '0x00' }
const user = { ...decryption, userAddress: address('ef'), publicKey: '0xaabb' }
const events: readonly (readonly [string, Readonly<Record<string, unknown>>, bigint, unknown])[] = [
  [
    'public-decryption',
    { decryptionId: idOf(1n), snsCtMaterials: decryption.materials, extraData: '0x00' },
    idOf(1n),
    decryption,
  ],
  ['user-decryption', { ...user, decryptionId: idOf(2n, 9n), snsCtMaterials: user.materials }, idOf(2n, 9n), user],
  ['prep-keygen', { prepKeygenId: idOf(3n), epochId: 0n, paramsType: 1 }, idOf(3n), { epochId: 0n, paramsType: 1 }],
  ['keygen', { prepKeygenId: idOf(3n), keyId: idOf(4n) }, idOf(4n), { prepKeygenId: idOf(3n) }],
  ['crsgen', { crsId: idOf(5n), maxBitLength: 2048n, paramsType: 0 }, idOf(5n), { maxBitLength: 2048n, paramsType: 0 }],
  ['prss-init', {}, 1n, {}],
  [
    'key-reshare',
    { prepKeygenId: idOf(3n), keyId: idOf(4n), keyReshareId: idOf(6n), paramsType: 0 },
    idOf(6n),
    { prepKeygenId: idOf(3n), keyId: idOf(4n), paramsType: 0 },
  ],
]

for (const [name, args, id, payload] of events) {
  test(`${name} is read from its log`, () => {
    const raw = log(event(name), args)
    assert.equal(raw.topics[0], TOPICS[name])
    const decoded = decode(raw)
    assert.equal(decoded.kind, 'request')
    assert.ok(decoded.kind === 'request')
    assert.deepEqual(decoded.request, { operation: table.named(name), id: word(id), origin, payload })
  })
}

test('the seven events are all that is known', () => assert.equal(table.all.length, events.length))

for (const topics of [
  [],
  [`0x${'12'.repeat(32)}`],
  ['0x1f80a47b51979837976f999a7735fdccbbe570e0d40081644ec88f8ed76c9612'],
]) {
  test(`foreign: topics ${JSON.stringify(topics).slice(0, 20)}`, () => {
    // CAST: the table above holds hex
    assert.deepEqual(decode(rawLog(topics as Hex[], '0x')), { kind: 'foreign' })
  })
}

const publicArgs = { decryptionId: idOf(1n), snsCtMaterials: [material(1)], extraData: '0x00' }
const publicLog = log(event('public-decryption'), publicArgs)
const withData = (data: string): RawLog => ({ ...publicLog, data: `0x${data}` })
const crs = { crsId: idOf(5n), maxBitLength: 1n, paramsType: 0 }

const undecodable: readonly (readonly [string, RawLog, string])[] = [
  [
    'an id of another operation',
    log(event('public-decryption'), { ...publicArgs, decryptionId: idOf(2n) }),
    'REQUEST_ID_INVALID',
  ],
  ['an id without prefix', log(event('crsgen'), { ...crs, crsId: 1n }), 'REQUEST_ID_INVALID'],
  ['an id of zero', log(event('crsgen'), { ...crs, crsId: 0n }), 'REQUEST_ID_INVALID'],
  ['a parameter set of the future', log(event('crsgen'), { ...crs, paramsType: 2 }), 'LOG_UNDECODABLE'],
  [
    'a parameter set with dirty upper bytes',
    rawLog(log(event('crsgen'), crs).topics, `0x${word(idOf(5n))}${word(1)}${word(1n << 255n)}`),
    'LOG_UNDECODABLE',
  ],
  ['no ciphertexts', log(event('public-decryption'), { ...publicArgs, snsCtMaterials: [] }), 'LOG_UNDECODABLE'],
  [
    'ciphertexts of two keys',
    log(event('public-decryption'), { ...publicArgs, snsCtMaterials: [material(1), material(2, idOf(4n, 2n))] }),
    'LOG_UNDECODABLE',
  ],
  ['no indexed id', rawLog(publicLog.topics.slice(0, 1), publicLog.data), 'LOG_UNDECODABLE'],
  ['no data', withData(''), 'LOG_UNDECODABLE'],
  ['31 bytes of data', withData('00'.repeat(31)), 'LOG_UNDECODABLE'],
  ['data cut in the middle', { ...publicLog, data: publicLog.data.slice(0, -64) as Hex }, 'LOG_UNDECODABLE'], // CAST: keeps 0x
  ['an offset beyond the data', withData(word(1n << 40n) + word(0) + word(0)), 'LOG_UNDECODABLE'],
  ['an offset that is no safe integer', withData(word((1n << 256n) - 1n) + word(0) + word(0)), 'LOG_UNDECODABLE'],
  ['an array longer than its data', withData(word(64) + word(0) + word((1n << 53n) - 1n)), 'LOG_UNDECODABLE'],
  ['offsets that point at themselves', withData(word(0).repeat(64)), 'LOG_UNDECODABLE'],
  [
    'one ciphertext named by thousands of offsets',
    withData(word(64) + word(64) + word(9000) + word(9000 * 32).repeat(9000) + word(1).repeat(3) + word(128) + word(0)),
    'LOG_UNDECODABLE',
  ],
  ['more data than is read', withData('00'.repeat(MAX_LOG_DATA_BYTES + 32)), 'LOG_UNDECODABLE'],
]

for (const [label, raw, code] of undecodable) {
  test(`undecodable: ${label}`, () => {
    const decoded = decode(raw)
    assert.ok(decoded.kind === 'undecodable')
    assert.equal(decoded.error.code, code)
    assert.equal(decoded.error.disposition, 'dead')
    assert.ok(decoded.error.message.length < 400)
    assert.equal(decoded.error.cause, undefined)
    const { operation, transactionHash, logIndex, blockNumber } = decoded.error.facts
    assert.deepEqual([operation, transactionHash, logIndex, blockNumber], [decoded.operationName, hash, 3, 7])
  })
}

test('the largest request of the protocol is read: 1024 handles, twenty coprocessors each', () => {
  const coprocessorTxSenderAddresses = Array.from({ length: 20 }, (_, n) => address((n + 16).toString(16)))
  const snsCtMaterials = Array.from({ length: 1024 }, (_, n) => ({ ...material(n), coprocessorTxSenderAddresses }))
  const raw = log(event('public-decryption'), { ...publicArgs, snsCtMaterials })
  assert.equal(decode(raw).kind, 'request')
})

const hexOfBytes = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`

test('any data under a known topic is a request or undecodable', () => {
  const topics = fc.constantFrom(...table.topics(table.all)).map(topic => [topic, `0x${word(idOf(1n))}` as const])
  // Words with small values look like offsets and lengths, which reaches deeper than noise does.
  const small = fc.array(fc.nat(512), { maxLength: 40 }).map(values => `0x${values.map(word).join('')}` as const)
  const data = fc.oneof(fc.uint8Array({ maxLength: 700 }).map(hexOfBytes), small)
  fc.assert(
    fc.property(topics, data, (some, bytes) => {
      assert.match(decode(rawLog(some, bytes)).kind, /^(request|undecodable)$/)
    }),
    { numRuns: 500 },
  )
})

test('one changed byte of a good log is a request or undecodable', () => {
  const size = publicLog.data.length / 2 - 1
  fc.assert(
    fc.property(fc.nat(size - 1), fc.nat(255), (at, value) => {
      const bytes = Buffer.from(publicLog.data.slice(2), 'hex')
      bytes[at] = value
      assert.match(decode({ ...publicLog, data: hexOfBytes(bytes) }).kind, /^(request|undecodable)$/)
    }),
  )
})
