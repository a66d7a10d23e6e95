/** Where a command writes to. */
export interface Output {
  readonly out: (text: string) => unknown
  readonly err: (text: string) => unknown
  /** Characters in a line of the terminal; undefined when somebody else than a person at a terminal reads. */
  readonly columns: number | undefined
}

/** The output of this process. */
export function processOutput(): Output {
  const { stdout, stderr } = process
  return {
    out: text => stdout.write(text),
    err: text => stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : undefined,
  }
}
