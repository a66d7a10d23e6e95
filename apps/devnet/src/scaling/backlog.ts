import { FHE_TYPES } from '@kms-connector/protocol'
import { type Broker, RESPONSES } from '@kms-connector/streams'
import type { Devnet } from '../devnet/index.ts'
import { s3ClientFor } from '../s3/index.ts'
import { type PendingRequest, type PreparedRequest, prepareRequests } from '../workload/index.ts'

const TYPE = [...FHE_TYPES.values()].filter(type => type.name === 'bool')

/** Public decryptions of one encrypted bool: each is a request of its own with checks, ciphertext and answer of its own. */
export class Backlog {
  readonly #devnet: Devnet
  readonly #broker: Broker
  readonly requests: PendingRequest[] = []
  #prepared: PreparedRequest | undefined

  constructor(devnet: Devnet, broker: Broker) {
    this.#devnet = devnet
    this.#broker = broker
  }

  /** Places requests on the Gateway. The listener is stopped meanwhile, so that nothing is published yet. */
  async place(count: number, signal: AbortSignal): Promise<void> {
    await this.#devnet.node.listener.stop()
    this.#prepared ??= await this.#prepare()
    const prepared = this.#prepared
    const handles = prepared.values.map(({ handle }) => handle)
    const placed = await Promise.all(
      Array.from({ length: count }, () => {
        signal.throwIfAborted()
        return this.#devnet.relayer.requestPublicDecryption({ handles })
      }),
    )
    const placedAt = performance.now()
    this.requests.push(...placed.map(request => ({ ...prepared, ...request, userKeys: undefined, placedAt })))
  }

  /** Starts the listener, which publishes everything that was placed within a second or two. */
  async release(): Promise<void> {
    await this.#devnet.node.listener.restart()
  }

  /** Answers on their stream: each request has one at most. */
  async answered(): Promise<number> {
    return (await this.#broker.manager.streams.info(RESPONSES)).state.messages
  }

  async #prepare(): Promise<PreparedRequest> {
    const s3 = s3ClientFor(this.#devnet.s3.url)
    try {
      const values = TYPE.map(fheType => ({ fheType, value: 1n, form: 'seeded' as const }))
      const [prepared] = await prepareRequests(this.#devnet, [{ kind: 'public', values }], s3)
      if (!prepared) throw new Error('nothing was prepared')
      return prepared
    } finally {
      s3.destroy()
    }
  }
}
