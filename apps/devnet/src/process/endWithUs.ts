import type { ChildProcess } from 'node:child_process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const children = new Set<ChildProcess>()

/**
 * Makes sure that a child process does not outlive this one: it is killed when this process exits, or when it gets a
 * signal that nobody else handles. Only SIGKILL of this process leaves children behind.
 */
export function endWithUs(child: ChildProcess): void {
  if (children.size === 0) listen()
  children.add(child)
  const forget = () => {
    children.delete(child)
    if (children.size === 0) unlisten()
  }
  child.once('exit', forget)
  child.once('error', forget)
}

function listen(): void {
  process.on('exit', killAll)
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

function unlisten(): void {
  process.off('exit', killAll)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL')
}

function onSignal(signal: NodeJS.Signals): void {
  // Somebody else handles it: they stop the children in order, and the exit of this process makes sure.
  if (process.listenerCount(signal) > 1) return
  killAll()
  unlisten()
  process.kill(process.pid, signal)
}
