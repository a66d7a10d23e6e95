import { parseAbi } from 'viem/utils'
import { z } from 'zod'
import { ConnectorError } from '../connectorError.ts'
import { hexOf, hexSchema, uintSchema } from '../hex.ts'
import { defineOperation } from '../operation.ts'
import { requestIdOf } from '../requestId.ts'
import type { TypedData } from '../typedData.ts'
import { bytesSchema, coreIdSchema, expectSameId, readResult, signatureHex } from './coreAnswer.ts'
import { eventOf, functionOf } from './gatewayAbi.ts'
import { typedIdValue } from './typedId.ts'

const abi = parseAbi([
  'struct KeyDigest { uint8 keyType; bytes digest; }',
  'event KeygenRequest(uint256 prepKeygenId, uint256 keyId)',
  'function keygenResponse(uint256 keyId, KeyDigest[] keyDigests, bytes signature)',
])

const payload = z.object({ prepKeygenId: uintSchema })
const answer = z.object({
  keyDigests: z.array(z.object({ keyType: z.union([z.literal(0), z.literal(1)]), digest: hexSchema })).min(1),
  signature: hexSchema,
})
const result = z.object({
  requestId: coreIdSchema,
  preprocessingId: coreIdSchema,
  keyDigests: z.array(z.object({ keyType: z.string(), digest: bytesSchema })).min(1),
  externalSignature: bytesSchema,
})

/** What KMS Core signs for an answer (EIP-712). */
const signedTypes: TypedData['types'] = {
  KeygenVerification: [
    { name: 'prepKeygenId', type: 'uint256' },
    { name: 'keyId', type: 'uint256' },
    { name: 'keyDigests', type: 'KeyDigest[]' },
  ],
  KeyDigest: [
    { name: 'keyType', type: 'uint8' },
    { name: 'digest', type: 'bytes' },
  ],
}

interface EventArgs {
  readonly prepKeygenId: bigint
  readonly keyId: bigint
}

/** Generation of a key from finished preprocessing; it goes to the Core that did the preprocessing. */
export const keygen = defineOperation<z.output<typeof payload>, z.output<typeof answer>>({
  name: 'keygen',
  idType: 4,
  group: 'key-management',
  chain: 'gateway',
  contract: 'KMSGeneration',
  access: { kind: 'after', prerequisitesOf: ({ prepKeygenId }) => [requestIdOf(prepKeygenId)] },
  event: eventOf(abi, 'KeygenRequest'),
  payload,
  answer,
  fromEvent(args) {
    const event = args as unknown as EventArgs // CAST: viem decoded these with the ABI above
    return { id: requestIdOf(event.keyId), payload: { prepKeygenId: typedIdValue(event.prepKeygenId, 3) } }
  },
  ciphertexts: () => [],
  submit: 'keyGen',
  poll: 'getKeyGenResult',
  shardOf: (_id, { prepKeygenId }) => requestIdOf(prepKeygenId),
  toCore: (id, { prepKeygenId }, _ciphertexts, domain) => ({
    requestId: { requestId: id },
    preprocId: { requestId: requestIdOf(prepKeygenId) },
    domain,
  }),
  fromCore(id, { prepKeygenId }, raw) {
    const core = readResult(result, raw)
    expectSameId(id, core.requestId.requestId, 'requestId')
    expectSameId(requestIdOf(prepKeygenId), core.preprocessingId.requestId, 'preprocessingId')
    return {
      keyDigests: core.keyDigests.map(({ keyType, digest }) => ({
        keyType: keyTypeOf(keyType),
        digest: hexOf(digest),
      })),
      signature: signatureHex(core.externalSignature),
    }
  },
  signed: (id, { prepKeygenId }, { keyDigests }) => ({
    contract: 'KMSGeneration',
    primaryType: 'KeygenVerification',
    types: signedTypes,
    message: { prepKeygenId, keyId: BigInt(`0x${id}`), keyDigests },
  }),
  signature: ({ signature }) => signature,
  call: (id, { keyDigests, signature }) => ({
    contract: 'KMSGeneration',
    function: functionOf(abi, 'keygenResponse'),
    args: [BigInt(`0x${id}`), keyDigests, signature],
  }),
})

/** `KeyType` of the contracts: 0 server key, 1 public key. The Core's order is kept, it is part of what is signed. */
function keyTypeOf(name: string): 0 | 1 {
  if (name === 'ServerKey') return 0
  if (name === 'PublicKey') return 1
  throw new ConnectorError('CORE_ANSWER_INVALID', `key type "${name.slice(0, 40)}" is neither ServerKey nor PublicKey`)
}
