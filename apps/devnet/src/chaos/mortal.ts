/** A process that can be sent a signal, and comes back by itself. */
export interface Mortal {
  readonly name: string
  /** 0 while there is none. */
  readonly pid: number
  /**
   * @returns whether a process got it; one that is being restarted is waited for
   */
  signal(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean>
  /** What went wrong with it, one sentence each: it ended in a way that nobody asked for. */
  readonly faults: readonly string[]
  /** How often it was started again. */
  readonly restarts: number
  stop(): Promise<void>
}

/** Sends a signal to a process. @returns false when it is gone */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return pid > 0 && process.kill(pid, signal)
  } catch {
    return false
  }
}
