import { parseAbi } from 'viem/utils'
import { z } from 'zod'
import { encodeDecryptedResult } from '../decryptedResult.ts'
import { bytesOf, type Hex, hexOf, hexSchema } from '../hex.ts'
import { defineOperation } from '../operation.ts'
import { requestIdOf } from '../requestId.ts'
import type { TypedData } from '../typedData.ts'
import { bytesSchema, coreIdSchema, expectSameId, readResult, signatureHex, signedResultSchema } from './coreAnswer.ts'
import { eventOf, functionOf } from './gatewayAbi.ts'
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
  'event PublicDecryptionRequest(uint256 indexed decryptionId, SnsCiphertextMaterial[] snsCtMaterials, bytes extraData)',
  'function publicDecryptionResponse(uint256 decryptionId, bytes decryptedResult, bytes signature, bytes extraData)',
])

const payload = z.object({ materials: snsMaterialsSchema, extraData: hexSchema })
const answer = z.object({ decryptedResult: hexSchema, signature: hexSchema, extraData: hexSchema })

const result = signedResultSchema.extend({
  payload: z.object({
    plaintexts: z.array(z.object({ bytes: bytesSchema, fheType: z.number() })),
    requestId: coreIdSchema,
  }),
})

/** What KMS Core signs for an answer (EIP-712). */
const signedTypes: TypedData['types'] = {
  PublicDecryptVerification: [
    { name: 'ctHandles', type: 'bytes32[]' },
    { name: 'decryptedResult', type: 'bytes' },
    { name: 'extraData', type: 'bytes' },
  ],
}

interface EventArgs {
  readonly decryptionId: bigint
  readonly snsCtMaterials: readonly SnsMaterialArg[]
  readonly extraData: Hex
}

/** A decryption whose result anybody may read. */
export const publicDecryption = defineOperation<z.output<typeof payload>, z.output<typeof answer>>({
  name: 'public-decryption',
  idType: 1,
  group: 'decryption',
  chain: 'gateway',
  contract: 'Decryption',
  access: { kind: 'public-decryption' },
  event: eventOf(abi, 'PublicDecryptionRequest'),
  payload,
  answer,
  fromEvent(args) {
    const event = args as unknown as EventArgs // CAST: viem decoded these with the ABI above
    return {
      id: requestIdOf(event.decryptionId),
      payload: { materials: materialsFromEvent(event.snsCtMaterials), extraData: event.extraData },
    }
  },
  ciphertexts: ({ materials }) => ciphertextRefs(materials),
  submit: 'publicDecrypt',
  poll: 'getPublicDecryptionResult',
  shardOf: id => id,
  toCore: (id, { materials, extraData }, ciphertexts, domain) => ({
    requestId: { requestId: id },
    ciphertexts: typedCiphertexts(materials, ciphertexts),
    keyId: keyIdOf(materials),
    domain,
    extraData: bytesOf(extraData),
  }),
  fromCore(id, { materials }, raw) {
    const core = readResult(result, raw)
    expectSameId(id, core.payload.requestId.requestId, 'payload.requestId')
    return {
      decryptedResult: encodeDecryptedResult(core.payload.plaintexts, fheTypesOf(materials)),
      signature: signatureHex(core.externalSignature),
      extraData: hexOf(core.extraData),
    }
  },
  signed: (_id, { materials }, { decryptedResult, extraData }) => ({
    contract: 'Decryption',
    primaryType: 'PublicDecryptVerification',
    types: signedTypes,
    message: { ctHandles: materials.map(m => m.ctHandle), decryptedResult, extraData },
  }),
  signature: ({ signature }) => signature,
  call: (id, { decryptedResult, signature, extraData }) => ({
    contract: 'Decryption',
    function: functionOf(abi, 'publicDecryptionResponse'),
    args: [BigInt(`0x${id}`), decryptedResult, signature, extraData],
  }),
})

/** The whole request is decrypted with the key of its first ciphertext; the contracts allow one key a request. */
export function keyIdOf(materials: readonly { readonly keyId: bigint }[]): { requestId: string } {
  return { requestId: (materials[0]?.keyId ?? 0n).toString(16).padStart(64, '0') }
}
