import { parseArgs } from 'node:util'

/** What a process was asked to do. */
export type Command =
  | { readonly verb: 'start' | 'validate' | 'explain'; readonly config: string | undefined }
  | { readonly verb: 'health'; readonly config: string | undefined; readonly endpoint: string | undefined }
  | { readonly verb: 'help' | 'version' }
  | { readonly verb: 'unusable'; readonly problem: string }

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  endpoint: { type: 'string', short: 'e' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const

/** Reads the arguments of a process. Pure and total: what it does not understand becomes `unusable`. */
export function parseCommand(argv: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true })
    const { config, endpoint } = values
    const [verb, ...rest] = positionals
    if (values.help || verb === 'help') return { verb: 'help' }
    if (values.version) return { verb: 'version' }
    if (verb === undefined) return unusable('a command is missing')
    if (rest.length > 0) return unusable(`"${rest[0]}" is one argument too many`)
    if (verb === 'health') return { verb, config, endpoint }
    if (endpoint !== undefined) return unusable('--endpoint belongs to the command health')
    if (verb === 'start' || verb === 'validate' || verb === 'explain') return { verb, config }
    return unusable(`"${verb}" is not a command`)
  } catch (fault) {
    return unusable(fault instanceof Error ? fault.message : String(fault))
  }
}

const unusable = (problem: string): Command => ({ verb: 'unusable', problem })

export function usage(name: string, describe: string): string {
  return `${describe}

Usage: ${name} COMMAND [OPTIONS]

Commands:
  start    [-c|--config FILE]   run until asked to stop
  validate [-c|--config FILE]   check the settings and print each with its value and source
  explain  [-c|--config FILE]   the same with what each setting means and which variable sets it
  health   [-e|--endpoint URL] [-c|--config FILE]
                                ask a running process whether it is healthy

Options:
  -c, --config FILE    settings in TOML; KMS_CONNECTOR_* variables override them
  -e, --endpoint URL   page to ask; by default /healthz at the monitoring_endpoint of the settings
  -h, --help           print this
  -V, --version        print the version

Exit codes: 0 stopped as asked (or: valid, healthy); 1 do not restart, an operator must change something (or: invalid,
unhealthy); 75 restart. A second SIGTERM or SIGINT stops at once.
`
}
