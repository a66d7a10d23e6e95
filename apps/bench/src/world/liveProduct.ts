import type { RequestId } from '@kms-connector/protocol'
import { type ChainWatch, watchChain } from '../measure/chainWatch.ts'
import { resetPeakRss } from '../measure/processUse.ts'
import type { BenchWorld } from './benchWorld.ts'
import type { RequestKind } from './bulkRequests.ts'
import { Product, type ProductOptions } from './product.ts'

/** A connector that is up, reads the head of the chain and waits for requests, with a watch over the chain. */
export class LiveProduct {
  readonly product: Product
  readonly watch: ChainWatch

  readonly #place: (count: number) => Promise<RequestId[]>

  private constructor(product: Product, watch: ChainWatch, place: (count: number) => Promise<RequestId[]>) {
    this.product = product
    this.watch = watch
    this.#place = place
  }

  /** Starts it on a Gateway without requests and waits until all of it is ready. */
  static async start(
    world: BenchWorld,
    name: string,
    kind: RequestKind,
    ciphertextBytes: number,
    options: ProductOptions,
  ): Promise<LiveProduct> {
    const handles = await world.fresh(ciphertextBytes)
    const product = await Product.start(world, name, { kind, fromBlock: await world.requests.head() }, options)
    try {
      await product.listen()
      await product.ready('listener')
      const watch = await watchChain(world.chains.gateway.wsUrl)
      for (const { pid } of product.processes) resetPeakRss(pid)
      return new LiveProduct(product, watch, count => world.requests.submitWave(kind, count, handles))
    } catch (fault) {
      await product.stop()
      throw fault
    }
  }

  /** Signs requests and submits them as fast as the chain takes them. @returns their ids */
  place(count: number): Promise<RequestId[]> {
    return this.#place(count)
  }

  async stop(): Promise<void> {
    this.watch.stop()
    await this.product.stop()
  }
}
