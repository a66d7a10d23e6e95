/** Why a process ends. */
export type EndReason =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  /** Reported by the service itself: main failed, a background task failed, a loop is dead. */
  | { readonly kind: 'fault'; readonly fault: unknown }
  /** Nobody expected this; the state of the process cannot be trusted any more. */
  | { readonly kind: 'crash'; readonly fault: unknown; readonly event: 'uncaughtException' | 'unhandledRejection' }

/**
 * Signals that ask to stop. SIGHUP is left alone: its default ends a process whose terminal is gone, and daemons get it
 * for other purposes. SIGPIPE is ignored by Node already.
 */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Listens to everything that ends a process from outside of the service's own code.
 *
 * @returns removes the listeners
 */
export function listenToProcess(report: (reason: EndReason) => void): () => void {
  const onSignal = (signal: NodeJS.Signals) => report({ kind: 'signal', signal })
  const onException = (fault: unknown) => report({ kind: 'crash', fault, event: 'uncaughtException' })
  const onRejection = (fault: unknown) => report({ kind: 'crash', fault, event: 'unhandledRejection' })
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  process.on('uncaughtException', onException)
  process.on('unhandledRejection', onRejection)
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal)
    process.off('uncaughtException', onException)
    process.off('unhandledRejection', onRejection)
  }
}
