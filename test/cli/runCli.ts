import { frontDoor } from '../../apps/cli/src/frontDoor.ts'

/** What a command wrote and how it ended. */
export interface CommandResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/**
 * Runs `kms-connector` in this process, through the same door and with the same output as the binary.
 * @param env settings; nothing else reaches it
 * @param columns width of the terminal it seems to have; none when left out
 */
export async function runCli(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  columns?: number,
): Promise<CommandResult> {
  let out = ''
  let err = ''
  const output = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
    columns,
  }
  const code = await frontDoor(argv, output, env)
  return { code, out, err }
}
