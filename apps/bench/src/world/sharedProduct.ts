import type { LiveProduct } from './liveProduct.ts'

/** One connector that is started when it is first asked for and kept until it is released. */
export class SharedProduct {
  #live: LiveProduct | undefined

  async get(start: () => Promise<LiveProduct>): Promise<LiveProduct> {
    this.#live ??= await start()
    return this.#live
  }

  async release(): Promise<void> {
    const live = this.#live
    this.#live = undefined
    await live?.stop()
  }
}
