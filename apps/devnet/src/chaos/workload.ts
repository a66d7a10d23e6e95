import type { RequestId } from '@kms-connector/protocol'
import { FHE_TYPES } from '@kms-connector/protocol'
import { between, oneOf, seededRandom } from '../faults/index.ts'
import { s3ClientFor } from '../s3/index.ts'
import {
  delegate,
  maxOf,
  type PendingRequest,
  type PlannedRequest,
  type PreparedRequest,
  placeRequest,
  prepareRequests,
  REQUEST_KINDS,
} from '../workload/index.ts'
import type { ChaosWorld } from './chaosWorld.ts'

/** Types whose ciphertexts are small and quickly made. */
const SMALL = [...FHE_TYPES.values()].filter(type => type.bits <= 16)
/** Ciphertexts are asked for again and again; each request is one of its own all the same. */
const TEMPLATES = 18
const MOST_VALUES = 3

/** Places requests made from a few ciphertexts, and remembers what must come back. */
export class ChaosWorkload {
  readonly placed = new Map<RequestId, PendingRequest>()
  /** What the Gateway or its chain refused; nothing may. */
  readonly faults: string[] = []
  readonly #world: ChaosWorld
  readonly #templates: readonly PreparedRequest[]
  readonly #random
  readonly #underWay = new Set<Promise<void>>()
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(world: ChaosWorld, templates: readonly PreparedRequest[], seed: number) {
    this.#world = world
    this.#templates = templates
    this.#random = seededRandom(seed)
  }

  /** Makes the ciphertexts and makes them known. */
  static async prepare(world: ChaosWorld, seed: number): Promise<ChaosWorkload> {
    const s3 = s3ClientFor(world.s3.url)
    try {
      await delegate(world)
      return new ChaosWorkload(world, await prepareRequests(world, templatesOf(seed), s3), seed)
    } finally {
      s3.destroy()
    }
  }

  /** Starts to place so many requests; {@link finished} waits for them. */
  place(count: number): void {
    void this.#inTurn(async () => {
      for (let n = 0; n < count; n++) {
        const work = this.#placeOne().finally(() => this.#underWay.delete(work))
        this.#underWay.add(work)
      }
    })
  }

  /** Does something while no request is on its way to the chain. */
  whileQuiet<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await Promise.all(this.#underWay)
      return work()
    })
  }

  async finished(): Promise<void> {
    await this.#turn
    await Promise.all(this.#underWay)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => {})
    return mine
  }

  async #placeOne(): Promise<void> {
    try {
      const placed = await placeRequest(this.#world.relayer, oneOf(this.#random, this.#templates))
      if (this.placed.has(placed.id)) this.faults.push(`two requests were given the id ${placed.id}`)
      this.placed.set(placed.id, placed)
    } catch (fault) {
      this.faults.push(`a request was not placed: ${fault instanceof Error ? fault.message : String(fault)}`)
    }
  }
}

function templatesOf(seed: number): PlannedRequest[] {
  const random = seededRandom(seed)
  return Array.from({ length: TEMPLATES }, (_, n) => ({
    kind: REQUEST_KINDS[n % REQUEST_KINDS.length] ?? 'public',
    values: Array.from({ length: n % 4 === 3 ? between(random, 2, MOST_VALUES) : 1 }, () => {
      const fheType = oneOf(random, SMALL)
      return { fheType, value: BigInt(between(random, 0, Number(maxOf(fheType)))), form: 'seeded' as const }
    }),
  }))
}
