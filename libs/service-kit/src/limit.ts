import { ConnectorError } from '@kms-connector/protocol'

export interface LimitOptions {
  /** What is limited, for the error text. */
  readonly name: string
  /** How many run at once. */
  readonly concurrency: number
  /** How many may wait for their turn; one more is refused. */
  readonly maxQueue: number
}

/** A ceiling on concurrent work with a bounded queue in front of it. */
export interface Limit {
  /**
   * Runs the work when a place is free, in the order of the calls.
   *
   * @throws ConnectorError QUEUE_FULL when nobody else may wait; the signal's reason when aborted while waiting
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** How many may run at once. */
  readonly concurrency: number
  /** How many run now. */
  readonly running: number
  /** How many wait now. */
  readonly waiting: number
}

/** Invariant: `running <= concurrency`, `waiting <= maxQueue`; every place taken is given back, however work ends. */
export function createLimit({ name, concurrency, maxQueue }: LimitOptions): Limit {
  if (!(concurrency >= 1) || !(maxQueue >= 0)) throw new RangeError(`limit ${name}: concurrency must be 1 or more`)
  const queue = new Set<() => void>()
  let running = 0

  const release = () => {
    running--
    const [next] = queue
    if (next === undefined) return
    queue.delete(next)
    next()
  }

  const turn = (signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted()
    if (running < concurrency) {
      running++
      return Promise.resolve()
    }
    if (queue.size >= maxQueue) {
      throw new ConnectorError('QUEUE_FULL', `${name}: ${queue.size} are waiting already`, { limit: name })
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        running++
        resolve()
      }
      const leave = () => {
        queue.delete(enter)
        reject(signal?.reason)
      }
      queue.add(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  return {
    concurrency,
    async run(work, signal) {
      await turn(signal)
      try {
        return await work()
      } finally {
        release()
      }
    },
    get running() {
      return running
    },
    get waiting() {
      return queue.size
    },
  }
}
