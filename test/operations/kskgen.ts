import {
  type AbiError,
  ConnectorError,
  defineOperation,
  hexOf,
  hexSchema,
  requestIdOf,
  uintSchema,
} from '@kms-connector/protocol'
import { type Abi, parseAbi } from 'viem'
import { z } from 'zod'
import {
  bytesSchema,
  coreIdSchema,
  expectSameId,
  readResult,
  signatureHex,
} from '../../libs/protocol/src/v0_11/coreAnswer.ts'
import { eventOf, functionOf } from '../../libs/protocol/src/v0_11/gatewayAbi.ts'
import { typedIdValue } from '../../libs/protocol/src/v0_11/typedId.ts'

const abi = parseAbi([
  'struct KskDigest { uint8 keyType; bytes digest; }',
  'event KskgenRequest(uint256 kskId, uint256 sourceKeyId, uint256 destKeyId)',
  'function kskgenResponse(uint256 kskId, KskDigest[] keyDigests, bytes signature)',
  'error KskgenNotRequested(uint256 kskId)',
  'error KmsAlreadySignedForKskgen(uint256 kskId, address kmsSigner)',
])

/** `KeySetType` of KMS Core v0.13: a key set that only decompresses, from one key to another. */
const DECOMPRESSION_ONLY = 1
const KEY_ID_TYPE = 4
/** Key types 0 and 1 of the contracts are taken by server and public key. */
const KSK_TYPE = 2

const payload = z.object({ sourceKeyId: uintSchema, destKeyId: uintSchema })
const answer = z.object({
  keyDigests: z.array(z.object({ keyType: z.literal(KSK_TYPE), digest: hexSchema })).min(1),
  signature: hexSchema,
})
const result = z.object({
  requestId: coreIdSchema,
  keyDigests: z.array(z.object({ keyType: z.string(), digest: bytesSchema })).min(1),
  externalSignature: bytesSchema,
})

interface EventArgs {
  readonly kskId: bigint
  readonly sourceKeyId: bigint
  readonly destKeyId: bigint
}

/** Generation of a key-switching key between two keys: an operation of no deployed contract, described like the others. */
export const kskgen = defineOperation<z.output<typeof payload>, z.output<typeof answer>>({
  name: 'kskgen',
  idType: 7,
  group: 'key-management',
  chain: 'gateway',
  contract: 'KMSGeneration',
  access: {
    kind: 'after',
    prerequisitesOf: ({ sourceKeyId, destKeyId }) => [requestIdOf(sourceKeyId), requestIdOf(destKeyId)],
  },
  event: eventOf(abi, 'KskgenRequest'),
  payload,
  answer,
  fromEvent(args) {
    const event = args as unknown as EventArgs // CAST: viem decoded these with the ABI above
    return {
      id: requestIdOf(event.kskId),
      payload: {
        sourceKeyId: typedIdValue(event.sourceKeyId, KEY_ID_TYPE),
        destKeyId: typedIdValue(event.destKeyId, KEY_ID_TYPE),
      },
    }
  },
  ciphertexts: () => [],
  submit: 'keyGen',
  poll: 'getKeyGenResult',
  shardOf: id => id,
  toCore: (id, { sourceKeyId, destKeyId }, _ciphertexts, domain) => ({
    requestId: { requestId: id },
    domain,
    keysetConfig: { keysetType: DECOMPRESSION_ONLY },
    keysetAddedInfo: {
      fromKeysetIdDecompressionOnly: { requestId: requestIdOf(sourceKeyId) },
      toKeysetIdDecompressionOnly: { requestId: requestIdOf(destKeyId) },
    },
  }),
  fromCore(id, _payload, raw) {
    const core = readResult(result, raw)
    expectSameId(id, core.requestId.requestId, 'requestId')
    return {
      keyDigests: core.keyDigests.map(({ keyType, digest }) => ({
        keyType: keyTypeOf(keyType),
        digest: hexOf(digest),
      })),
      signature: signatureHex(core.externalSignature),
    }
  },
  signed: (id, { sourceKeyId, destKeyId }, { keyDigests }) => ({
    contract: 'KMSGeneration',
    primaryType: 'KskgenVerification',
    types: {
      KskgenVerification: [
        { name: 'kskId', type: 'uint256' },
        { name: 'sourceKeyId', type: 'uint256' },
        { name: 'destKeyId', type: 'uint256' },
        { name: 'keyDigests', type: 'KeyDigest[]' },
      ],
      KeyDigest: [
        { name: 'keyType', type: 'uint8' },
        { name: 'digest', type: 'bytes' },
      ],
    },
    message: { kskId: BigInt(`0x${id}`), sourceKeyId, destKeyId, keyDigests },
  }),
  signature: ({ signature }) => signature,
  call: (id, { keyDigests, signature }) => ({
    contract: 'KMSGeneration',
    function: functionOf(abi, 'kskgenResponse'),
    args: [BigInt(`0x${id}`), keyDigests, signature],
    errors: { answered: [errorOf('KmsAlreadySignedForKskgen')], notYet: [errorOf('KskgenNotRequested')] },
  }),
})

function keyTypeOf(name: string): typeof KSK_TYPE {
  if (name === 'DecompressionKey') return KSK_TYPE
  throw new ConnectorError('CORE_ANSWER_INVALID', `key type "${name.slice(0, 40)}" is no DecompressionKey`)
}

function errorOf(name: string): AbiError {
  const entries: Abi = abi
  const error = entries.find((entry): entry is AbiError => entry.type === 'error' && entry.name === name)
  if (!error) throw new TypeError(`the ABI has no error ${name}`)
  return error
}
