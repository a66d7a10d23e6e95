import { parseArgs } from 'node:util'
import { toConnectorError } from '@kms-connector/protocol'
import { createRedactor, type Environment, loadCommandSettings, parseDuration } from '@kms-connector/service-kit'
import {
  COMMAND_EXIT,
  type Command,
  type CommandExit,
  type OptionSpec,
  type OptionValues,
  WrongUse,
} from './command.ts'
import { CommandContext } from './commandContext.ts'
import type { Output } from './output.ts'

const SHARED = {
  config: {
    type: 'string',
    short: 'c',
    multiple: true,
    value: 'FILE',
    describe: 'settings of a service; may be given several times, the last one counts',
  },
  timeout: {
    type: 'string',
    value: 'TIME',
    describe: 'how long one step may take, such as 500ms or 1m; 10s by default',
  },
  help: { type: 'boolean', short: 'h', describe: 'print this' },
} as const satisfies Readonly<Record<string, OptionSpec>>

const DEFAULT_TIMEOUT = '10s'

interface Arguments {
  readonly options: Readonly<Record<string, unknown>>
  readonly shared: OptionValues<typeof SHARED>
  readonly positionals: readonly string[]
}

/**
 * Runs one operator command: reads its arguments and settings, gives it what it works with, and says in words and exit code
 * how it ended. Never rejects.
 * @param name as it was written, such as `dlq ls`
 * @param argv arguments behind the name
 */
export async function runCommand(
  name: string,
  command: Command,
  argv: readonly string[],
  env: Environment,
  output: Output,
): Promise<CommandExit> {
  let clean = createRedactor()
  let context: CommandContext | undefined
  try {
    const { options, shared, positionals } = readArguments(command, argv)
    if (shared.help) {
      output.out(commandHelp(name, command))
      return COMMAND_EXIT.done
    }
    expectCount(command, positionals)
    const timeoutMs = parseDuration(shared.timeout ?? DEFAULT_TIMEOUT)
    if (!timeoutMs) throw new WrongUse(`--timeout "${shared.timeout}" is no time such as 500ms, 10s or 1m`)
    const loaded = loadCommandSettings(shared.config, env)
    clean = createRedactor(loaded.secrets)
    context = new CommandContext(loaded, output, timeoutMs)
    // CAST: read by its own declarations
    return await command.run(context, options as OptionValues<Command['options']>, positionals)
  } catch (fault) {
    output.err(clean(faultLines(name, command, fault)))
    return COMMAND_EXIT.failed
  } finally {
    await context?.close()
  }
}

function readArguments(command: Command, argv: readonly string[]): Arguments {
  const specs = { ...command.options, ...SHARED }
  let read: { readonly values: Readonly<Record<string, unknown>>; readonly positionals: string[] }
  try {
    read = parseArgs({ args: [...argv], options: specs, allowPositionals: true })
  } catch (fault) {
    throw new WrongUse(fault instanceof Error ? fault.message : String(fault))
  }
  const given = ([key, { type, multiple = false }]: [string, OptionSpec]) => {
    const absent = multiple ? [] : undefined
    return [key, read.values[key] ?? (type === 'boolean' ? false : absent)]
  }
  const values = Object.fromEntries(Object.entries<OptionSpec>(specs).map(given))
  // CAST: parseArgs checked every option against its declaration
  return { options: values, shared: values as OptionValues<typeof SHARED>, positionals: read.positionals }
}

function expectCount({ takes: [least, most] = [0, 0] }: Command, positionals: readonly string[]): void {
  if (positionals.length < least) throw new WrongUse('an argument is missing')
  if (positionals.length > most) throw new WrongUse(`"${positionals[most]}" is one argument too many`)
}

function faultLines(name: string, command: Command, fault: unknown): string {
  if (fault instanceof WrongUse) return `kms-connector ${name}: ${fault.message}\n\n${usageLine(name, command)}\n`
  const error = toConnectorError(fault)
  return `kms-connector ${name}: ${error.message}\n${error.hint}\n`
}

const usageLine = (name: string, { usage }: Command) => `usage: kms-connector ${name} ${usage}`.trimEnd()

/** The text of `--help`. */
export function commandHelp(name: string, command: Command): string {
  const options = Object.entries<OptionSpec>({ ...command.options, ...SHARED }).map(
    ([long, { short, value, describe }]) => {
      const flags = `${short ? `-${short}, ` : '    '}--${long}${value ? ` ${value}` : ''}`
      return `  ${flags.padEnd(24)} ${describe}`
    },
  )
  return `${usageLine(name, command)}

${wrapped(command.describe)}

Options:
${options.join('\n')}

Settings come from defaults, then the files, then KMS_CONNECTOR_* variables, as in the services.
Exit codes: 0 done, 1 wrong use or a fault, 2 found problems.
`
}

const HELP_COLUMNS = 98

/** Fills the lines of each paragraph anew; paragraphs are kept apart by empty lines. */
function wrapped(text: string): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map(paragraph => {
      const lines: string[] = []
      for (const word of paragraph.split(/\s+/)) {
        const last = lines.at(-1)
        if (last !== undefined && last.length + 1 + word.length <= HELP_COLUMNS)
          lines[lines.length - 1] = `${last} ${word}`
        else lines.push(word)
      }
      return lines.join('\n')
    })
    .join('\n\n')
}
