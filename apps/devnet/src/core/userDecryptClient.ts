import { type Address, type Hex, uintBytes } from '@kms-connector/protocol'
import {
  ml_kem_pke_get_pk,
  ml_kem_pke_keygen,
  ml_kem_pke_pk_to_u8vec,
  ml_kem_pke_sk_to_u8vec,
  new_client,
  new_server_id_addr,
  process_user_decryption_resp_from_js,
  u8vec_to_ml_kem_pke_sk,
} from 'node-tkms'
import { getAddress } from 'viem'

/** A user's key pair for one request. */
export interface UserKeyPair {
  /** `publicKey` of the request on chain, 869 bytes. */
  readonly encKey: Uint8Array
  /** Serialised decapsulation key; stays with the user. */
  readonly secretKey: Uint8Array
}

/** One `UserDecryptionResponse` event: the node's share and its signature, as they stand on chain. */
export interface UserShare {
  readonly payloadHex: Hex
  readonly signatureHex: Hex
}

export interface UserDecryptionContext {
  readonly keys: UserKeyPair
  readonly shares: readonly UserShare[]
  /** All nodes of the network: party id (1 to n) and address of the signer. */
  readonly servers: readonly { readonly partyId: number; readonly address: Address }[]
  readonly clientAddress: Address
  /** Handles in the order of the request. */
  readonly handles: readonly Hex[]
  /** Domain of the Decryption contract. */
  readonly domain: {
    readonly name: string
    readonly version: string
    readonly chainId: bigint
    readonly verifyingContract: Address
  }
}

/** Makes a fresh ML-KEM-512 key pair with the public client library. */
export function generateUserKeys(): UserKeyPair {
  const secret = ml_kem_pke_keygen()
  const pub = ml_kem_pke_get_pk(secret)
  try {
    return { encKey: ml_kem_pke_pk_to_u8vec(pub), secretKey: ml_kem_pke_sk_to_u8vec(secret) }
  } finally {
    pub.free()
    secret.free()
  }
}

/**
 * Does what a user's application does with the answers on chain: checks every node's signature with the public client
 * library, puts the shares together and decrypts. A network of n nodes needs more than two thirds of them.
 * @returns the value by handle; a bool is 0 or 1, an address its 160-bit number
 * @throws Error with the library's text when a share is forged, too few match, or the keys are wrong
 */
export function decryptShares(context: UserDecryptionContext): Map<Hex, bigint> {
  const { keys, domain, handles } = context
  const clientAddress = getAddress(context.clientAddress)
  const verifyingContract = getAddress(domain.verifyingContract)
  const secret = u8vec_to_ml_kem_pke_sk(keys.secretKey)
  const pub = ml_kem_pke_get_pk(secret)
  const servers = context.servers.map(server => new_server_id_addr(server.partyId, getAddress(server.address)))
  const client = new_client(servers, clientAddress, 'default')
  try {
    const request = {
      signature: undefined,
      client_address: clientAddress,
      enc_key: Buffer.from(keys.encKey).toString('hex'),
      ciphertext_handles: handles.map(handle => handle.slice(2)),
      eip712_verifying_contract: verifyingContract,
    }
    const eip712 = {
      name: domain.name,
      version: domain.version,
      chain_id: Array.from(uintBytes(domain.chainId, 32)),
      verifying_contract: verifyingContract,
      salt: undefined,
    }
    const responses = context.shares.map(share => ({
      payload: share.payloadHex.slice(2),
      signature: share.signatureHex.slice(2),
      extra_data: '',
    }))
    const plaintexts = process_user_decryption_resp_from_js(client, request, eip712, responses, pub, secret, true)
    return byHandle(handles, plaintexts)
  } finally {
    client.free()
    pub.free()
    secret.free()
  }
}

function byHandle(
  handles: readonly Hex[],
  plaintexts: readonly { readonly bytes: Uint8Array; free(): void }[],
): Map<Hex, bigint> {
  const values = new Map<Hex, bigint>()
  for (const [index, plaintext] of plaintexts.entries()) {
    const handle = handles[index]
    if (handle !== undefined) values.set(handle, BigInt(`0x${Buffer.from(plaintext.bytes).toString('hex')}`))
    plaintext.free()
  }
  if (plaintexts.length !== handles.length) {
    throw new Error(`${plaintexts.length} plaintexts for ${handles.length} handles`)
  }
  return values
}
