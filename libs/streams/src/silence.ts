/** Longer than a pull of 5 s and a request to the server, 5 s too, may take. */
const SILENCE_MS = 11_000

/**
 * Waits for the client, but not for ever. A pull ends by itself after seconds; when the server is killed at the wrong
 * moment the client can wait without end instead: the pull is gone, and so is the consumer whose heartbeats it would miss.
 * @throws Error when nothing came for 11 s; whoever reads starts over, and what was delivered meanwhile comes again
 */
export async function beforeSilence<T>(waiting: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the broker was silent for ${SILENCE_MS} ms`)), SILENCE_MS)
  })
  try {
    return await Promise.race([waiting, silence])
  } finally {
    clearTimeout(timer)
    // What comes too late has nobody left to handle its failure.
    waiting.catch(() => {})
  }
}

/**
 * Reads on for as long as the client brings something, with one timer for all of it.
 * @param read calls `heard` for everything that comes; when it is given up, what it still does is not waited for
 * @throws Error when nothing came for 11 s, like {@link beforeSilence}
 */
export async function untilSilence<T>(read: (heard: () => void) => Promise<T>): Promise<T> {
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the broker was silent for ${SILENCE_MS} ms`)), SILENCE_MS)
  const reading = read(() => timer.refresh())
  try {
    return await Promise.race([reading, silence])
  } finally {
    clearTimeout(timer)
    reading.catch(() => {})
  }
}
