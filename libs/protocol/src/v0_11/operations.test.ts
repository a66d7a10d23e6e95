import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak256, toEventSelector, toFunctionSelector, toHex } from 'viem'
import { OperationTable } from '../operationTable.ts'
import { requestIdOf } from '../requestId.ts'
import { OPERATIONS_V0_11 } from './operations.ts'

const table = new OperationTable(OPERATIONS_V0_11)

/** Event topics of the deployed v0.11 Gateway contracts. */
const topics = [
  ['public-decryption', '0x22db480a39bd72556438aadb4a32a3d2a6638b87c03bbec5fef6997e109587ff'],
  ['user-decryption', '0xf9011bd6ba0da6049c520d70fe5971f17ed7ab795486052544b51019896c596b'],
  ['prep-keygen', '0x02024007d96574dbc9d11328bfee9893e7c7bb4ef4aa806df33bfdf454eb5e60'],
  ['keygen', '0x78b179176d1f19d7c28e80823deba2624da2ca2ec64b1701f3632a87c9aedc92'],
  ['crsgen', '0x3f038f6f88cb3031b7718588403a2ec220576a868be07dde4c02b846ca352ef5'],
  ['prss-init', '0x11db42c1878f2e2819241f5250984563f06cf22818e7adb86a66921d15d59d3f'],
  ['key-reshare', '0x1ccb5545c4c8db50a0f5b416499526929f68534ed47f6cfd4c9f069075e60b45'],
] as const

for (const [name, topic] of topics) {
  test(`${name} is found by the topic of the deployed event`, () => {
    assert.equal(toEventSelector(table.named(name).event), topic)
    assert.equal(table.ofTopic(topic)?.name, name)
  })
}

const word = (n: number) => `0x${n.toString(16).padStart(64, '0')}` as const
const signature = `0x${'00'.repeat(65)}` as const

/** Answers of each shape, with the selector of the deployed function and the hash of the deployed EIP-712 type. */
const answers = [
  [
    'public-decryption',
    { decryptedResult: word(5), signature, extraData: '0x' },
    { materials: [{ ctHandle: word(1), keyId: 1n }] },
    '0x6f8913bc',
    '0x89bac15e5ba205584832145601e359431e80fb9fb331ba5a22058132d525c794',
  ],
  [
    'user-decryption',
    { userDecryptedShare: '0x01', signature, extraData: '0x' },
    { materials: [{ ctHandle: word(1), keyId: 1n }], publicKey: '0x02' },
    '0x046f9eb3',
    '0x2c4b1a55fe4090104eb889f0e48d4cf11c7cc4b95cf47117b9f0008cbcc10f5f',
  ],
  [
    'prep-keygen',
    { signature },
    {},
    '0x589adb0e',
    '0x5f9676496d7809c84f94f0ba86890bd661594fa715e72e57cc327238eb3c5265',
  ],
  [
    'keygen',
    { keyDigests: [{ keyType: 0, digest: '0x01' }], signature },
    { prepKeygenId: 1n },
    '0x4610ffe8',
    '0xa291f9864173cc77db6137c9f5a1d097994dd8ef4d71725f0b12dd94a85dbfb0',
  ],
  [
    'crsgen',
    { crsDigest: '0x01', signature },
    { maxBitLength: 2048n },
    '0x62978787',
    '0x3778e83715e573b1c60ad238000d5a03bf815d401f31c1de9e6756135b9e5c6a',
  ],
] as const

for (const [name, answer, payload, selector, typehash] of answers) {
  test(`${name} calls the deployed function and verifies the deployed type`, () => {
    const operation = table.named(name)
    assert.equal(toFunctionSelector(operation.call(requestIdOf(1n), answer).function), selector)
    const { types, primaryType } = operation.signed(requestIdOf(1n), payload, answer)
    const encode = (type: string) => `${type}(${types[type]?.map(f => `${f.type} ${f.name}`).join(',')})`
    const others = Object.keys(types)
      .filter(t => t !== primaryType)
      .sort()
    assert.equal(keccak256(toHex([primaryType, ...others].map(encode).join(''))), typehash)
  })
}

test('operations without an answer on chain have neither an answer nor a poll', () => {
  for (const name of ['prss-init', 'key-reshare']) {
    assert.equal(table.named(name).answer, undefined)
    assert.equal(table.named(name).poll, undefined)
  }
})

test('keygen and reshare follow the Core that did the preprocessing', () => {
  assert.equal(table.named('keygen').shardOf(requestIdOf(9n), { prepKeygenId: 3n }), requestIdOf(3n))
  assert.equal(table.named('key-reshare').shardOf(requestIdOf(9n), { prepKeygenId: 3n, keyId: 4n }), requestIdOf(3n))
  assert.equal(table.named('crsgen').shardOf(requestIdOf(9n), {}), requestIdOf(9n))
})
