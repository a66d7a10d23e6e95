/** What a command line asks for. */
export type ProgramCommand<O> =
  | { readonly verb: 'run'; readonly options: O }
  | { readonly verb: 'help' }
  | { readonly verb: 'unusable'; readonly problem: string }

const INTERRUPTED = 130

/**
 * Runs a program for a terminal and ends the process with 0 when all is well, 1 when not, 130 when it was interrupted. The
 * first Ctrl-C fires the signal, so that everything is stopped in order; with the second nothing is waited for.
 * @param run returns whether all is well
 */
export async function runProgram<O>(
  command: ProgramCommand<O>,
  usage: string,
  run: (options: O, signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  if (command.verb === 'help') {
    process.stdout.write(usage)
    return
  }
  if (command.verb === 'unusable') {
    process.stderr.write(`${command.problem}\n\n${usage}`)
    process.exitCode = 1
    return
  }
  const { signal } = interruptions()
  try {
    process.exitCode = (await run(command.options, signal)) ? 0 : 1
  } catch (fault) {
    process.exitCode = signal.aborted ? INTERRUPTED : 1
    const text = signal.aborted ? 'stopped, everything that was started is gone' : messageOf(fault)
    process.stderr.write(`${text}\n`)
  }
  // Nothing that matters is left; a socket in its last second must not keep the terminal.
  process.exit()
}

function interruptions(): AbortController {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Children are killed with this process.
      if (stopping.signal.aborted) process.exit(INTERRUPTED)
      stopping.abort(new Error(`stopped by ${signal}`))
    })
  }
  return stopping
}

function messageOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  return fault.cause instanceof Error ? `${fault.message}\n  caused by: ${fault.cause.message}` : fault.message
}
