import { privateKeyToAccount } from 'viem/accounts'
import { devKey, type PlacedRequest } from '../../apps/devnet/src/chain/index.ts'
import { HOST_CHAIN, handleOf, registerHandles, type TestGateway } from '../contracts/testGateway.ts'

export const HANDLE = handleOf(1)
export const CONTRACT = '0xc0ffee00000000000000000000000000000000aa'
const USER = privateKeyToAccount(devKey(20))

/** Makes {@link HANDLE} known, so that it can be requested. */
export const prepare = (gateway: TestGateway) => registerHandles(gateway, [HANDLE])

export function requestPublic(gateway: TestGateway, extraData: `0x${string}` = '0x00'): Promise<PlacedRequest> {
  return gateway.relayer.requestPublicDecryption({ handles: [HANDLE], extraData })
}

export function requestUser(gateway: TestGateway, delegator?: `0x${string}`): Promise<PlacedRequest> {
  const pairs = [{ handle: HANDLE, contractAddress: CONTRACT }] as const
  const order = { pairs, hostChainId: HOST_CHAIN, publicKey: '0x1234' } as const
  return delegator === undefined
    ? gateway.relayer.requestUserDecryption(USER, order)
    : gateway.relayer.requestDelegatedUserDecryption(USER, delegator, order)
}

export const USER_ADDRESS = USER.address.toLowerCase()
