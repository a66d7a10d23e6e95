/** A loop's side of the heartbeat. */
export interface Heartbeat {
  /** The loop works: its silence starts anew. */
  beat(): void
  /** The loop waits on purpose; its silence is not counted until the next beat. */
  rest(): void
  /** The loop has ended as it should and is not watched any more. */
  end(): void
}

/** A watched loop as `/status` shows it. */
export interface LoopState {
  readonly name: string
  readonly silence_ms: number
  readonly allowed_ms: number
  readonly resting: boolean
}

interface Watch {
  readonly name: string
  readonly allowedMs: number
  silenceMs: number
  resting: boolean
}

/**
 * Whether this process works: every loop it consists of reports beats, and one that is silent for longer than it may be
 * is dead. Dependencies play no part here, because restarting this process does not mend another one.
 *
 * Silence is counted in ticks rather than read from a clock, and one tick counts for two intervals at most: a process
 * that was paused as a whole (a laptop lid, a debugger, a migration of the machine) does not find all its loops dead when it
 * continues.
 */
export class Liveness {
  readonly #watches = new Set<Watch>()

  /** @param allowedMs longest silence of a loop that works, in ms: more than its longest single step */
  watch(name: string, allowedMs: number): Heartbeat {
    const watch: Watch = { name, allowedMs, silenceMs: 0, resting: false }
    this.#watches.add(watch)
    const set = (resting: boolean) => {
      watch.silenceMs = 0
      watch.resting = resting
    }
    return { beat: () => set(false), rest: () => set(true), end: () => this.#watches.delete(watch) }
  }

  /**
   * Time has passed.
   *
   * @param elapsedMs since the tick before
   * @param intervalMs the intended pause between ticks
   */
  tick(elapsedMs: number, intervalMs: number): void {
    const counted = Math.min(elapsedMs, 2 * intervalMs)
    for (const watch of this.#watches) if (!watch.resting) watch.silenceMs += counted
  }

  /** Loops that have been silent for more than `times` what they may. */
  dead(times = 1): readonly LoopState[] {
    return this.loops().filter(loop => loop.silence_ms > times * loop.allowed_ms)
  }

  loops(): readonly LoopState[] {
    return [...this.#watches].map(({ name, allowedMs, silenceMs, resting }) => ({
      name,
      silence_ms: Math.round(silenceMs),
      allowed_ms: allowedMs,
      resting,
    }))
  }
}
