/** Things that are in force at the same time, each for its own while. */
export class Layered<T> {
  #active: readonly T[] = []
  readonly #apply: (active: readonly T[]) => void

  /** @param apply told of everything that is in force, whenever that changes */
  constructor(apply: (active: readonly T[]) => void = () => {}) {
    this.#apply = apply
  }

  get active(): readonly T[] {
    return this.#active
  }

  /** @returns what ends it */
  add(one: T): () => void {
    this.#change([...this.#active, one])
    return () => this.#change(this.#active.filter(other => other !== one))
  }

  #change(active: readonly T[]): void {
    this.#active = active
    this.#apply(active)
  }
}
