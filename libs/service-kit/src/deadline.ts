/**
 * Runs work under a deadline. The work gets a signal that is aborted at the deadline or with the outer signal; the
 * caller is released at that moment even if the work ignores its signal.
 *
 * @param ms the deadline, in ms
 * @param late builds the error for a missed deadline
 * @throws whatever the work throws, `late()` after the deadline, or the reason of the outer signal
 */
export async function withDeadline<T>(
  ms: number,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  outer?.throwIfAborted()
  const controller = new AbortController()
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const end = (reason: unknown) => {
    controller.abort(reason)
    reject(reason)
  }
  const timer = setTimeout(() => end(late()), Math.min(ms, 2 ** 31 - 1))
  const onOuter = () => end(outer?.reason)
  outer?.addEventListener('abort', onOuter, { once: true })
  try {
    return await Promise.race([work(controller.signal), cut])
  } finally {
    clearTimeout(timer)
    outer?.removeEventListener('abort', onOuter)
  }
}
