import { parseAbi } from 'viem/utils'
import { z } from 'zod'
import { hexSchema, uintSchema } from '../hex.ts'
import { defineOperation } from '../operation.ts'
import { requestIdOf } from '../requestId.ts'
import type { TypedData } from '../typedData.ts'
import { bytesSchema, coreIdSchema, expectSameId, readResult, signatureHex } from './coreAnswer.ts'
import { eventOf, functionOf } from './gatewayAbi.ts'
import { paramsTypeOf, paramsTypeSchema } from './paramsType.ts'

const abi = parseAbi([
  'event PrepKeygenRequest(uint256 prepKeygenId, uint256 epochId, uint8 paramsType)',
  'function prepKeygenResponse(uint256 prepKeygenId, bytes signature)',
])

const payload = z.object({ epochId: uintSchema, paramsType: paramsTypeSchema })
const answer = z.object({ signature: hexSchema })
const result = z.object({ preprocessingId: coreIdSchema, externalSignature: bytesSchema })

/** What KMS Core signs for an answer (EIP-712). */
const signedTypes: TypedData['types'] = { PrepKeygenVerification: [{ name: 'prepKeygenId', type: 'uint256' }] }

interface EventArgs {
  readonly prepKeygenId: bigint
  readonly epochId: bigint
  readonly paramsType: number
}

/** Preprocessing for a key generation: hours of work for the Core, a signature over the id for the chain. */
export const prepKeygen = defineOperation<z.output<typeof payload>, z.output<typeof answer>>({
  name: 'prep-keygen',
  idType: 3,
  group: 'key-management',
  chain: 'gateway',
  contract: 'KMSGeneration',
  access: { kind: 'none' },
  event: eventOf(abi, 'PrepKeygenRequest'),
  payload,
  answer,
  fromEvent(args) {
    const event = args as unknown as EventArgs // CAST: viem decoded these with the ABI above
    return {
      id: requestIdOf(event.prepKeygenId),
      payload: { epochId: event.epochId, paramsType: paramsTypeOf(event.paramsType) },
    }
  },
  ciphertexts: () => [],
  submit: 'keyGenPreproc',
  poll: 'getKeyGenPreprocResult',
  shardOf: id => id,
  toCore: (id, { paramsType }, _ciphertexts, domain) => ({ requestId: { requestId: id }, params: paramsType, domain }),
  fromCore(id, _payload, raw) {
    const core = readResult(result, raw)
    expectSameId(id, core.preprocessingId.requestId, 'preprocessingId')
    return { signature: signatureHex(core.externalSignature) }
  },
  signed: id => ({
    contract: 'KMSGeneration',
    primaryType: 'PrepKeygenVerification',
    types: signedTypes,
    message: { prepKeygenId: BigInt(`0x${id}`) },
  }),
  signature: ({ signature }) => signature,
  call: (id, { signature }) => ({
    contract: 'KMSGeneration',
    function: functionOf(abi, 'prepKeygenResponse'),
    args: [BigInt(`0x${id}`), signature],
  }),
})
