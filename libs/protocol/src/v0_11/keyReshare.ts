import { parseAbi } from 'viem/utils'
import { z } from 'zod'
import { uintSchema } from '../hex.ts'
import { defineOperation } from '../operation.ts'
import { requestIdOf } from '../requestId.ts'
import { fireAndForget } from './fireAndForget.ts'
import { eventOf } from './gatewayAbi.ts'
import { paramsTypeOf, paramsTypeSchema } from './paramsType.ts'
import { typedIdValue } from './typedId.ts'

const abi = parseAbi([
  'event KeyReshareSameSet(uint256 prepKeygenId, uint256 keyId, uint256 keyReshareId, uint8 paramsType)',
])
const payload = z.object({ prepKeygenId: uintSchema, keyId: uintSchema, paramsType: paramsTypeSchema })

interface EventArgs {
  readonly prepKeygenId: bigint
  readonly keyId: bigint
  readonly keyReshareId: bigint
  readonly paramsType: number
}

/** New shares of the same key for the same set of nodes; no answer is expected on chain. */
export const keyReshare = defineOperation<z.output<typeof payload>, never>({
  ...fireAndForget,
  name: 'key-reshare',
  idType: 6,
  group: 'key-management',
  chain: 'gateway',
  contract: 'KMSGeneration',
  access: { kind: 'none' },
  event: eventOf(abi, 'KeyReshareSameSet'),
  payload,
  fromEvent(args) {
    const event = args as unknown as EventArgs // CAST: viem decoded these with the ABI above
    return {
      id: requestIdOf(event.keyReshareId),
      payload: {
        prepKeygenId: typedIdValue(event.prepKeygenId, 3),
        keyId: typedIdValue(event.keyId, 4),
        paramsType: paramsTypeOf(event.paramsType),
      },
    }
  },
  ciphertexts: () => [],
  submit: 'initiateResharing',
  poll: undefined,
  shardOf: (_id, { prepKeygenId }) => requestIdOf(prepKeygenId),
  toCore: (id, { prepKeygenId, keyId, paramsType }, _ciphertexts, domain) => ({
    requestId: { requestId: id },
    keyId: { requestId: requestIdOf(keyId) },
    keyParameters: paramsType,
    preprocId: { requestId: requestIdOf(prepKeygenId) },
    domain,
  }),
})
