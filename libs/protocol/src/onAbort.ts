interface Listeners {
  readonly waiting: Set<() => void>
  readonly tell: () => void
}

const bySignal = new WeakMap<AbortSignal, Listeners>()

/**
 * Listens for the end of a signal that many wait for. Node walks over all listeners of a signal for each one that comes or
 * goes; here a signal has one, and comers and goers cost the same however many there are.
 * @param listener called once when the signal fires; never when it has fired before: look at `aborted` first
 * @returns ends the listening; calling it again does nothing
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = bySignal.get(signal) ?? begin(signal)
  const entry = () => listener()
  listeners.waiting.add(entry)
  return () => {
    // Somebody may have begun anew for the same signal.
    if (listeners.waiting.delete(entry) && listeners.waiting.size === 0) end(signal, listeners)
  }
}

function begin(signal: AbortSignal): Listeners {
  const waiting = new Set<() => void>()
  const tell = () => {
    if (bySignal.get(signal) === listeners) bySignal.delete(signal)
    // One that leaves meanwhile is not told, as with listeners of the signal itself.
    for (const listener of waiting) {
      waiting.delete(listener)
      listener()
    }
  }
  const listeners = { waiting, tell }
  bySignal.set(signal, listeners)
  signal.addEventListener('abort', tell, { once: true })
  return listeners
}

/** A listener that stays would keep a combined signal in memory until the signals behind it fire. */
function end(signal: AbortSignal, listeners: Listeners): void {
  signal.removeEventListener('abort', listeners.tell)
  if (bySignal.get(signal) === listeners) bySignal.delete(signal)
}
