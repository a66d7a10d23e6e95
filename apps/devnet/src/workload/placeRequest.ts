import { hexOf } from '@kms-connector/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import type { PlacedRequest, Relayer } from '../chain/index.ts'
import { generateUserKeys, type UserKeyPair } from '../core/index.ts'
import { APPLICATION, DELEGATE, DELEGATOR, HOST_CHAIN_ID, USER } from '../devnet/index.ts'
import type { PreparedRequest } from './ciphertexts.ts'

/** A request on chain, with everything that is needed to judge its answer. */
export interface PendingRequest extends PreparedRequest, PlacedRequest {
  /** Opens the answer; undefined for a public decryption. */
  readonly userKeys: UserKeyPair | undefined
  /** Milliseconds of this process's clock, when its block was seen. */
  readonly placedAt: number
}

const user = privateKeyToAccount(USER.privateKey)
const delegate = privateKeyToAccount(DELEGATE.privateKey)

/**
 * Places a request as the relayer would, with a fresh key pair of its own when a user asks.
 * @throws ConnectorError DEVNET_CALL_REVERTED when the Gateway refuses it
 */
export async function placeRequest(relayer: Relayer, request: PreparedRequest): Promise<PendingRequest> {
  const handles = request.values.map(value => value.handle)
  if (request.kind === 'public') {
    const placed = await relayer.requestPublicDecryption({ handles })
    return { ...request, ...placed, userKeys: undefined, placedAt: performance.now() }
  }
  const userKeys = generateUserKeys()
  const order = {
    pairs: handles.map(handle => ({ handle, contractAddress: APPLICATION })),
    hostChainId: HOST_CHAIN_ID,
    publicKey: hexOf(userKeys.encKey),
  }
  const placed =
    request.kind === 'user'
      ? await relayer.requestUserDecryption(user, order)
      : await relayer.requestDelegatedUserDecryption(delegate, DELEGATOR.address, order)
  return { ...request, ...placed, userKeys, placedAt: performance.now() }
}
