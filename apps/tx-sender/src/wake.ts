import { setTimeout as delay } from 'node:timers/promises'

/** Lets loops wait for "something changed" or a time, whichever comes first. */
export class Wake {
  readonly #waiting = new Set<() => void>()

  /** Something changed: everybody who waits looks again. */
  now(): void {
    for (const resolve of [...this.#waiting]) resolve()
  }

  /** @param ms longest wait; undefined waits for a change alone */
  after(ms: number | undefined): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = ms === undefined ? undefined : setTimeout(done, ms)
      this.#waiting.add(done)
    })
  }

  /** Waits for time alone, or the signal. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await delay(ms, undefined, { signal }).catch(() => {})
  }
}
