import { parseAbi } from 'viem/utils'
import { z } from 'zod'
import { ConnectorError } from '../connectorError.ts'
import { hexOf, hexSchema, uintSchema } from '../hex.ts'
import { defineOperation } from '../operation.ts'
import { requestIdOf } from '../requestId.ts'
import type { TypedData } from '../typedData.ts'
import { bytesSchema, coreIdSchema, expectSameId, readResult, signatureHex } from './coreAnswer.ts'
import { eventOf, functionOf } from './gatewayAbi.ts'
import { paramsTypeOf, paramsTypeSchema } from './paramsType.ts'

const abi = parseAbi([
  'event CrsgenRequest(uint256 crsId, uint256 maxBitLength, uint8 paramsType)',
  'function crsgenResponse(uint256 crsId, bytes crsDigest, bytes signature)',
])

const payload = z.object({ maxBitLength: uintSchema, paramsType: paramsTypeSchema })
const answer = z.object({ crsDigest: hexSchema, signature: hexSchema })
const result = z.object({
  requestId: coreIdSchema,
  crsDigest: bytesSchema,
  maxNumBits: z.number(),
  externalSignature: bytesSchema,
})

/** What KMS Core signs for an answer (EIP-712). */
const signedTypes: TypedData['types'] = {
  CrsgenVerification: [
    { name: 'crsId', type: 'uint256' },
    { name: 'maxBitLength', type: 'uint256' },
    { name: 'crsDigest', type: 'bytes' },
  ],
}

interface EventArgs {
  readonly crsId: bigint
  readonly maxBitLength: bigint
  readonly paramsType: number
}

/** Generation of a common reference string. */
export const crsgen = defineOperation<z.output<typeof payload>, z.output<typeof answer>>({
  name: 'crsgen',
  idType: 5,
  group: 'key-management',
  chain: 'gateway',
  contract: 'KMSGeneration',
  access: { kind: 'none' },
  event: eventOf(abi, 'CrsgenRequest'),
  payload,
  answer,
  fromEvent(args) {
    const event = args as unknown as EventArgs // CAST: viem decoded these with the ABI above
    return {
      id: requestIdOf(event.crsId),
      payload: { maxBitLength: event.maxBitLength, paramsType: paramsTypeOf(event.paramsType) },
    }
  },
  ciphertexts: () => [],
  submit: 'crsGen',
  poll: 'getCrsGenResult',
  shardOf: id => id,
  toCore: (id, { maxBitLength, paramsType }, _ciphertexts, domain) => ({
    requestId: { requestId: id },
    params: paramsType,
    maxNumBits: maxNumBits(maxBitLength),
    domain,
  }),
  fromCore(id, { maxBitLength }, raw) {
    const core = readResult(result, raw)
    expectSameId(id, core.requestId.requestId, 'requestId')
    if (core.maxNumBits !== maxNumBits(maxBitLength)) {
      throw new ConnectorError(
        'CORE_ANSWER_INVALID',
        `the CRS is for ${core.maxNumBits} bits, requested were ${maxBitLength}`,
      )
    }
    return { crsDigest: hexOf(core.crsDigest), signature: signatureHex(core.externalSignature) }
  },
  signed: (id, { maxBitLength }, { crsDigest }) => ({
    contract: 'KMSGeneration',
    primaryType: 'CrsgenVerification',
    types: signedTypes,
    message: { crsId: BigInt(`0x${id}`), maxBitLength, crsDigest },
  }),
  signature: ({ signature }) => signature,
  call: (id, { crsDigest, signature }) => ({
    contract: 'KMSGeneration',
    function: functionOf(abi, 'crsgenResponse'),
    args: [BigInt(`0x${id}`), crsDigest, signature],
  }),
})

/** KMS Core takes the low 32 bits of `maxBitLength`. */
function maxNumBits(maxBitLength: bigint): number {
  return Number(maxBitLength & 0xffffffffn)
}
