import {
  APPLICATION,
  type DevnetContracts,
  decryptionAbi,
  generateUserKeys,
  HOST_CHAIN_ID,
  RELAYER,
  signTerms,
  termsOf,
  USER,
} from '@kms-connector/devnet'
import { type Hex, hexOf, type RequestId, requestIdOf } from '@kms-connector/protocol'
import { encodeFunctionData, parseGwei } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { callRpc, callRpcBatch } from './jsonRpc.ts'

export type RequestKind = 'public' | 'user'

/** A wave of requests that is on chain. */
export interface PlacedWave {
  readonly kind: RequestKind
  readonly count: number
  /** In the order in which they were placed. */
  readonly ids: readonly RequestId[]
  readonly fromBlock: number
  readonly toBlock: number
}

const BATCH = 100
/** Requests that are signed before they are submitted. */
const PART = 2_000
/** Ids are counters under a byte that tells the kind; nobody else asks on this chain. */
const ID_TYPE = { public: 1n << 248n, user: 2n << 248n } as const
const GAS = { public: 500_000n, user: 2_000_000n } as const
const FEES = { type: 'eip1559', maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: parseGwei('1') } as const
/** Where the stand-in contract keeps its counters; what lies there is checked before it is changed. */
const COUNTER_SLOT = { public: '0x1', user: '0x2' } as const
const MINED_DEADLINE_MS = 120_000
const LOOK_MS = 50

const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`

/** Places requests by the thousand: signed beforehand, submitted in batches, one nonce after the other. */
export class BulkRequests {
  readonly #rpcUrl: string
  readonly #chainId: number
  readonly #contracts: DevnetContracts
  readonly #account = privateKeyToAccount(RELAYER.privateKey)
  #nonce: number | undefined
  #placed = { public: 0, user: 0 }
  #userTail: Promise<{ publicKey: Hex; signature: Hex; start: bigint }> | undefined

  constructor(rpcUrl: string, chainId: number, contracts: DevnetContracts) {
    this.#rpcUrl = rpcUrl
    this.#chainId = chainId
    this.#contracts = contracts
  }

  /** @returns signed transactions, to be submitted in this order */
  async sign(kind: RequestKind, count: number, handles: readonly Hex[]): Promise<Hex[]> {
    const { address } = this.#account
    this.#nonce ??= Number(await callRpc(this.#rpcUrl, 'eth_getTransactionCount', [address, 'latest']))
    const to = this.#contracts.gateway.decryption
    const gas = GAS[kind]
    const calls = await Promise.all(handles.map(handle => this.#calldata(kind, handle)))
    const signed: Hex[] = []
    for (let i = 0; i < count; i++) {
      const data = calls[i % calls.length] ?? '0x'
      signed.push(
        await this.#account.signTransaction({ ...FEES, chainId: this.#chainId, nonce: this.#nonce++, to, data, gas }),
      )
    }
    return signed
  }

  async submit(transactions: readonly Hex[]): Promise<void> {
    for (let at = 0; at < transactions.length; at += BATCH) {
      await callRpcBatch(
        this.#rpcUrl,
        'eth_sendRawTransaction',
        transactions.slice(at, at + BATCH).map(raw => [raw]),
      )
    }
  }

  /** Signs, submits and waits until all are mined. */
  async place(kind: RequestKind, count: number, handles: readonly Hex[]): Promise<PlacedWave> {
    const fromBlock = (await this.head()) + 1
    const ids = await this.submitWave(kind, count, handles)
    await this.untilMined()
    return { kind, count, ids, fromBlock, toBlock: await this.head() }
  }

  /** Signs and submits, without waiting for blocks. @returns the ids that the requests get */
  async submitWave(kind: RequestKind, count: number, handles: readonly Hex[]): Promise<RequestId[]> {
    for (let placed = 0; placed < count; placed += PART) {
      await this.submit(await this.sign(kind, Math.min(PART, count - placed), handles))
    }
    const first = ID_TYPE[kind] + BigInt(this.#placed[kind]) + 1n
    this.#placed[kind] += count
    return Array.from({ length: count }, (_, i) => requestIdOf(first + BigInt(i)))
  }

  /**
   * The chain went back to its state before any request.
   * @param known requests of each kind that the contract is to believe it has given ids to
   */
  async forget(known = 0): Promise<void> {
    this.#nonce = undefined
    this.#placed = { public: known, user: known }
    if (known === 0) return
    for (const kind of ['public', 'user'] as const) {
      const place = [this.#contracts.gateway.decryption, COUNTER_SLOT[kind]]
      const before = await callRpc(this.#rpcUrl, 'eth_getStorageAt', [...place, 'latest'])
      if (before !== word(ID_TYPE[kind]))
        throw new Error(`the counter of ${kind} requests does not lie where it should`)
      await callRpc(this.#rpcUrl, 'anvil_setStorageAt', [...place, word(ID_TYPE[kind] + BigInt(known))])
    }
  }

  async head(): Promise<number> {
    return Number(await callRpc(this.#rpcUrl, 'eth_blockNumber', []))
  }

  async untilMined(): Promise<void> {
    const deadline = performance.now() + MINED_DEADLINE_MS
    while (
      Number(await callRpc(this.#rpcUrl, 'eth_getTransactionCount', [this.#account.address, 'latest'])) <
      (this.#nonce ?? 0)
    ) {
      if (performance.now() > deadline) throw new Error('the requests were not mined in time')
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
  }

  async #calldata(kind: RequestKind, handle: Hex): Promise<Hex> {
    if (kind === 'public') {
      return encodeFunctionData({
        abi: decryptionAbi,
        functionName: 'publicDecryptionRequest',
        args: [[handle], '0x00'],
      })
    }
    this.#userTail ??= this.#signTail()
    const { publicKey, signature, start } = await this.#userTail
    const args = [
      [{ ctHandle: handle, contractAddress: APPLICATION }],
      { startTimestamp: start, durationDays: 10n },
      { chainId: BigInt(HOST_CHAIN_ID), addresses: [APPLICATION] },
      USER.address,
      publicKey,
      signature,
      '0x00',
    ] as const
    return encodeFunctionData({ abi: decryptionAbi, functionName: 'userDecryptionRequest', args })
  }

  /** One signature of the user serves all requests: the contract does not ask for different ones. */
  async #signTail() {
    // CAST: the one field of a block that is read
    const block = (await callRpc(this.#rpcUrl, 'eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
    const start = BigInt(block.timestamp) - 600n
    const publicKey = hexOf(generateUserKeys().encKey)
    const order = {
      pairs: [{ handle: '0x' as const, contractAddress: APPLICATION }],
      hostChainId: HOST_CHAIN_ID,
      publicKey,
      startTimestamp: start,
    }
    const scope = { decryption: this.#contracts.gateway.decryption, hostChainId: HOST_CHAIN_ID }
    const signature = await signTerms(privateKeyToAccount(USER.privateKey), termsOf(order, start), scope)
    return { publicKey, signature, start }
  }
}
