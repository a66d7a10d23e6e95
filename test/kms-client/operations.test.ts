import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DescMessage, type Message, toJson } from '@bufbuild/protobuf'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import { type Address, type Hex, hexOf, OPERATIONS_V0_11, requestIdOf, toCoreDomain } from '@kms-connector/protocol'
import { type CoreHandlers, startCore } from './testCore.ts'
import { never, testClient } from './work.ts'

const ofType = (type: number, n: bigint) => (BigInt(type) << 248n) + n
const base64 = (hex: Hex) => Buffer.from(hex.slice(2), 'hex').toString('base64')
const id = (value: bigint) => ({ requestId: requestIdOf(value) })

/** An euint64 of chain 12345. */
const handle: Hex = `0x${'ab'.repeat(21)}ff00000000000030390500`
const contract: Address = '0x5fbdb2315678afecb367f032d93f642f64180aa3'
const domain = toCoreDomain({ name: 'Decryption', version: '1', chainId: 54321, verifyingContract: contract })
const user = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const ciphertext = { handle, bytes: new Uint8Array([1, 2, 3]), format: 3 } as const
const material = {
  ctHandle: handle,
  keyId: ofType(4, 1n),
  snsCiphertextDigest: `0x${'cd'.repeat(32)}`,
  coprocessorTxSenderAddresses: [contract],
}

const onWire = {
  domain: {
    name: 'Decryption',
    version: '1',
    chainId: base64(hexOf(domain.chainId)),
    verifyingContract: domain.verifyingContract,
  },
  ciphertexts: [
    {
      ciphertext: base64('0x010203'),
      fheType: 5,
      externalHandle: base64(handle),
      ciphertextFormat: 'CIPHERTEXT_FORMAT_BIG_EXPANDED',
    },
  ],
}

/** Event arguments of each operation, and the message the Core must get, in protobuf's JSON (which omits defaults). */
const cases: Readonly<Record<string, { readonly args: object; readonly wire: object }>> = {
  'public-decryption': {
    args: { decryptionId: ofType(1, 7n), snsCtMaterials: [material], extraData: '0x0a' },
    wire: {
      requestId: id(ofType(1, 7n)),
      ciphertexts: onWire.ciphertexts,
      keyId: id(ofType(4, 1n)),
      domain: onWire.domain,
      extraData: base64('0x0a'),
    },
  },
  'user-decryption': {
    args: {
      decryptionId: ofType(2, 8n),
      snsCtMaterials: [material],
      userAddress: user,
      publicKey: '0xbeef',
      extraData: '0x',
    },
    wire: {
      requestId: id(ofType(2, 8n)),
      typedCiphertexts: onWire.ciphertexts,
      keyId: id(ofType(4, 1n)),
      clientAddress: user,
      encKey: base64('0xbeef'),
      domain: onWire.domain,
    },
  },
  'prep-keygen': {
    args: { prepKeygenId: ofType(3, 1n), epochId: 0n, paramsType: 1 },
    wire: { requestId: id(ofType(3, 1n)), params: 'FHE_PARAMETER_TEST', domain: onWire.domain },
  },
  keygen: {
    args: { prepKeygenId: ofType(3, 1n), keyId: ofType(4, 1n) },
    wire: { requestId: id(ofType(4, 1n)), preprocId: id(ofType(3, 1n)), domain: onWire.domain },
  },
  crsgen: {
    args: { crsId: ofType(5, 1n), maxBitLength: 2048n, paramsType: 0 },
    wire: { requestId: id(ofType(5, 1n)), maxNumBits: 2048, domain: onWire.domain },
  },
  'prss-init': { args: {}, wire: { requestId: id(1n) } },
  'key-reshare': {
    args: { prepKeygenId: ofType(3, 1n), keyId: ofType(4, 1n), keyReshareId: ofType(6, 1n), paramsType: 1 },
    wire: {
      requestId: id(ofType(6, 1n)),
      keyId: id(ofType(4, 1n)),
      keyParameters: 'FHE_PARAMETER_TEST',
      preprocId: id(ofType(3, 1n)),
      domain: onWire.domain,
    },
  },
}

test('every operation has a case', () => {
  assert.deepEqual(OPERATIONS_V0_11.map(({ name }) => name).toSorted(), Object.keys(cases).toSorted())
})

for (const operation of OPERATIONS_V0_11) {
  test(`the Core gets the message of ${operation.name}`, async () => {
    const { args = {}, wire } = cases[operation.name] ?? {}
    const { id: requestId, payload } = operation.fromEvent({ ...args })
    const received: unknown[] = []
    const input: DescMessage = CoreServiceEndpoint.method[operation.submit].input
    const handlers: CoreHandlers = {
      [operation.submit]: (message: Message) => {
        received.push(toJson(input, message))
        return {}
      },
      ...(operation.poll && { [operation.poll]: () => ({}) }),
    }
    await using core = await startCore(handlers)
    using client = testClient([core.url])
    const build = async () => operation.toCore(requestId, payload, [ciphertext], domain)
    const { submit, poll } = operation
    const shardId = operation.shardOf(requestId, payload)
    const result = await client.run({ requestId, shardId, submit, poll, build }, never)
    assert.deepEqual(received, [wire])
    assert.equal(result !== undefined, operation.answer !== undefined)
  })
}
