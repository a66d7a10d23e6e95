import { fetchLogs, RpcError, type RpcPool, rejected } from '@kms-connector/gateway'
import type { Address, Hex } from '@kms-connector/protocol'

/** Events of GatewayConfig v0.11 after which what was read from it is out of date. */
const UPDATE_COPROCESSORS: Hex = '0xffe20bdb855e514e94147702922690cf1da10bdd18bf1f6215027c93ac05d455'
const UPDATE_KMS_NODES: Hex = '0x25d1ea647128b56d47e64534cd0f5a86d3207f67b04895495b66dc0db87a0ca7'

/** A range that no provider refuses; after a longer silence everything is taken as changed instead. */
const MAX_BLOCKS = 1_000

export interface RegistryChange {
  readonly coprocessors: boolean
  readonly kmsNodes: boolean
}

/**
 * Follows GatewayConfig for changes of its registries, so that a moved bucket or a rotated signer is noticed at once and
 * not only when a cached value runs out.
 */
export class RegistryWatch {
  readonly #pool: RpcPool
  readonly #gatewayConfig: Address
  #seen: number | undefined

  constructor(pool: RpcPool, gatewayConfig: Address) {
    this.#pool = pool
    this.#gatewayConfig = gatewayConfig
  }

  /**
   * Looks at the blocks since the last look; the first look only remembers where it stands.
   * @throws ConnectorError of the endpoint; the next look covers the same blocks again
   */
  async look(): Promise<RegistryChange> {
    const rpc = this.#pool.pin()
    const head = Number(await rpc.quantity('eth_blockNumber'))
    const from = (this.#seen ?? head) + 1
    if (from > head) {
      this.#seen ??= head
      return { coprocessors: false, kmsNodes: false }
    }
    if (head - from >= MAX_BLOCKS) {
      this.#seen = head
      return { coprocessors: true, kmsNodes: true }
    }
    const topics = [UPDATE_COPROCESSORS, UPDATE_KMS_NODES]
    const logs = await fetchLogs(rpc, {
      addresses: [this.#gatewayConfig],
      topics,
      fromBlock: from,
      toBlock: head,
    }).catch((fault: unknown) => {
      throw fault instanceof RpcError ? rejected(fault) : fault
    })
    this.#seen = head
    const saw = (topic: Hex) => logs.some(log => log.topics[0] === topic)
    return { coprocessors: saw(UPDATE_COPROCESSORS), kmsNodes: saw(UPDATE_KMS_NODES) }
  }
}
