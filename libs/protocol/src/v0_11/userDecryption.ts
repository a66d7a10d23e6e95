import { parseAbi } from 'viem/utils'
import { z } from 'zod'
import { checksumAddress } from '../address.ts'
import { ConnectorError } from '../connectorError.ts'
import { addressSchema, bytesOf, type Hex, hexOf, hexSchema } from '../hex.ts'
import { defineOperation } from '../operation.ts'
import { requestIdOf } from '../requestId.ts'
import type { TypedData } from '../typedData.ts'
import { encodeUserDecryptedShare } from '../userDecryptedShare.ts'
import { bytesSchema, readResult, signatureHex, signedResultSchema } from './coreAnswer.ts'
import { eventOf, functionOf } from './gatewayAbi.ts'
import { keyIdOf } from './publicDecryption.ts'
import {
  ciphertextRefs,
  fheTypesOf,
  materialsFromEvent,
  type SnsMaterialArg,
  snsMaterialsSchema,
} from './snsMaterial.ts'
import { typedCiphertexts } from './typedCiphertexts.ts'

const abi = parseAbi([
  'struct SnsCiphertextMaterial { bytes32 ctHandle; uint256 keyId; bytes32 snsCiphertextDigest; address[] coprocessorTxSenderAddresses; }',
  'event UserDecryptionRequest(uint256 indexed decryptionId, SnsCiphertextMaterial[] snsCtMaterials, address userAddress, bytes publicKey, bytes extraData)',
  'function userDecryptionResponse(uint256 decryptionId, bytes userDecryptedShare, bytes signature, bytes extraData)',
])

const payload = z.object({
  materials: snsMaterialsSchema,
  /** For a delegated request this is the delegate; nothing in the event says which kind it is. */
  userAddress: addressSchema,
  publicKey: hexSchema,
  extraData: hexSchema,
})
const answer = z.object({ userDecryptedShare: hexSchema, signature: hexSchema, extraData: hexSchema })

const uint32 = z.number().int().min(0).max(0xffffffff)
const result = signedResultSchema.extend({
  payload: z.object({
    verificationKey: bytesSchema,
    digest: bytesSchema,
    signcryptedCiphertexts: z.array(
      z.object({
        fheType: z.number().int(),
        signcryptedCiphertext: bytesSchema,
        externalHandle: bytesSchema,
        packingFactor: uint32,
      }),
    ),
    partyId: uint32,
    degree: uint32,
  }),
})
type Payload = z.output<typeof payload>
type CorePayload = z.output<typeof result>['payload']

/** What KMS Core signs for an answer (EIP-712). */
const signedTypes: TypedData['types'] = {
  UserDecryptResponseVerification: [
    { name: 'publicKey', type: 'bytes' },
    { name: 'ctHandles', type: 'bytes32[]' },
    { name: 'userDecryptedShare', type: 'bytes' },
    { name: 'extraData', type: 'bytes' },
  ],
}

interface EventArgs {
  readonly decryptionId: bigint
  readonly snsCtMaterials: readonly SnsMaterialArg[]
  readonly userAddress: Hex
  readonly publicKey: Hex
  readonly extraData: Hex
}

/** A decryption re-encrypted for one user; direct and delegated requests share event, ids and answer. */
export const userDecryption = defineOperation<Payload, z.output<typeof answer>>({
  name: 'user-decryption',
  idType: 2,
  group: 'decryption',
  chain: 'gateway',
  contract: 'Decryption',
  access: { kind: 'user-decryption', userOf: ({ userAddress }) => userAddress },
  event: eventOf(abi, 'UserDecryptionRequest'),
  payload,
  answer,
  fromEvent(args) {
    const event = args as unknown as EventArgs // CAST: viem decoded these with the ABI above
    return {
      id: requestIdOf(event.decryptionId),
      payload: {
        materials: materialsFromEvent(event.snsCtMaterials),
        userAddress: event.userAddress.toLowerCase() as Hex, // CAST: lower case keeps the 0x prefix
        publicKey: event.publicKey,
        extraData: event.extraData,
      },
    }
  },
  ciphertexts: ({ materials }) => ciphertextRefs(materials),
  submit: 'userDecrypt',
  poll: 'getUserDecryptionResult',
  shardOf: id => id,
  toCore: (id, { materials, userAddress, publicKey, extraData }, ciphertexts, domain) => ({
    requestId: { requestId: id },
    typedCiphertexts: typedCiphertexts(materials, ciphertexts),
    keyId: keyIdOf(materials),
    clientAddress: checksumAddress(userAddress),
    encKey: bytesOf(publicKey),
    domain,
    extraData: bytesOf(extraData),
  }),
  fromCore(_id, request, raw) {
    const core = readResult(result, raw)
    expectCiphertextsOf(request, core.payload)
    return {
      userDecryptedShare: encodeUserDecryptedShare(core.payload),
      signature: signatureHex(core.externalSignature),
      extraData: hexOf(core.extraData),
    }
  },
  signed: (_id, { materials, publicKey }, { userDecryptedShare, extraData }) => ({
    contract: 'Decryption',
    primaryType: 'UserDecryptResponseVerification',
    types: signedTypes,
    message: { publicKey, ctHandles: materials.map(m => m.ctHandle), userDecryptedShare, extraData },
  }),
  signature: ({ signature }) => signature,
  call: (id, { userDecryptedShare, signature, extraData }) => ({
    contract: 'Decryption',
    function: functionOf(abi, 'userDecryptionResponse'),
    args: [BigInt(`0x${id}`), userDecryptedShare, signature, extraData],
  }),
})

/** One signcrypted value for each requested handle, in request order and of the requested type. */
function expectCiphertextsOf({ materials }: Payload, core: CorePayload): void {
  const expected = fheTypesOf(materials)
  const found = core.signcryptedCiphertexts
  if (found.length !== expected.length) {
    throw new ConnectorError('CORE_ANSWER_INVALID', `${found.length} signcrypted values for ${expected.length} handles`)
  }
  for (const [index, value] of found.entries()) {
    if (hexOf(value.externalHandle) !== materials[index]?.ctHandle) {
      throw new ConnectorError('CORE_ANSWER_INVALID', `signcrypted value ${index} belongs to another handle`)
    }
    if (value.fheType !== expected[index]?.number) {
      throw new ConnectorError('CORE_ANSWER_INVALID', `signcrypted value ${index} has FHE type ${value.fheType}`)
    }
  }
}
