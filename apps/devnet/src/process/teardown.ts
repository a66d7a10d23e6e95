interface Step {
  readonly what: string
  readonly undo: () => Promise<unknown>
}

/** Undoes what was set up, the last first. Everything is tried, whatever fails on the way. */
export class Teardown {
  readonly #steps: Step[] = []
  #run: Promise<void> | undefined

  add(what: string, undo: () => Promise<unknown>): void {
    this.#steps.push({ what, undo })
  }

  /**
   * Safe to call twice; the second call waits for the first.
   * @throws AggregateError naming every step that failed
   */
  run(): Promise<void> {
    this.#run ??= this.#undoAll()
    return this.#run
  }

  async #undoAll(): Promise<void> {
    const faults: Error[] = []
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.undo()
      } catch (cause) {
        faults.push(new Error(`could not stop ${step.what}`, { cause }))
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, faults.map(fault => fault.message).join('; '))
  }
}
