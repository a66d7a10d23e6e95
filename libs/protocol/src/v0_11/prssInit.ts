import { parseAbi } from 'viem/utils'
import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { PRSS_INIT_ID } from '../requestId.ts'
import { fireAndForget } from './fireAndForget.ts'
import { eventOf } from './gatewayAbi.ts'

const abi = parseAbi(['event PRSSInit()'])
const payload = z.object({})

/** Set-up of the pseudo-random secret sharing; no answer is expected on chain. */
export const prssInit = defineOperation<z.output<typeof payload>, never>({
  ...fireAndForget,
  name: 'prss-init',
  idType: undefined,
  group: 'key-management',
  chain: 'gateway',
  contract: 'KMSGeneration',
  access: { kind: 'none' },
  event: eventOf(abi, 'PRSSInit'),
  payload,
  fromEvent: () => ({ id: PRSS_INIT_ID, payload: {} }),
  ciphertexts: () => [],
  submit: 'init',
  poll: undefined,
  shardOf: id => id,
  toCore: id => ({ requestId: { requestId: id } }),
})
