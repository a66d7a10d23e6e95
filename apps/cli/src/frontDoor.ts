import { type Environment, EXIT, type ExitCode } from '@kms-connector/service-kit'
import type { CommandExit } from './command.ts'
import { COMMANDS, familyOf, findCommand } from './commands.ts'
import { type Output, processOutput } from './output.ts'
import { runCommand } from './runCommand.ts'
import { SERVICES } from './services.ts'

const listed = (entries: readonly { readonly name: string; readonly about: string }[]) =>
  entries.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`).join('\n')

const USAGE = `kms-connector: connects a KMS Core to the Gateway chain

usage: kms-connector SERVICE start|validate|explain|health [OPTIONS]
       kms-connector config explain SERVICE [--config FILE]
       kms-connector COMMAND [OPTIONS]

services:
${listed(SERVICES.map(({ name, describe }) => ({ name, about: describe })))}

commands of every service:
  start [--config FILE]      run it until SIGTERM
  validate --config FILE     check the settings and print every one with its source
  explain [--config FILE]    the same in full: what each setting means and which names it had
  health [--endpoint URL]    ask a running one whether it is ready
  --help, --version

commands for operators (each has --help):
${listed(COMMANDS.map(({ name, summary }) => ({ name, about: summary })))}
`

/**
 * The one binary: picks the service or command and hands the rest of the arguments to it.
 * @param argv arguments after the name of the program
 * @returns exit code of the service or command, or 1 for arguments that name none
 */
export async function frontDoor(
  argv: readonly string[],
  output: Output = processOutput(),
  env: Environment = process.env,
): Promise<ExitCode | CommandExit> {
  const [name, ...rest] = spelledOut(argv)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    output.out(USAGE)
    return name === undefined ? EXIT.doNotRestart : EXIT.stopped
  }
  const service = SERVICES.find(s => s.name === name)
  if (service) return (await service.load())(rest)
  const found = findCommand(argv)
  if (found) return runCommand(found.entry.name, await found.entry.load(), found.rest, env, output)
  return noneOf(name, rest, output)
}

function noneOf(name: string, rest: readonly string[], { out, err }: Output): ExitCode {
  const family = familyOf(name).map(entry => ({ name: entry.name, about: entry.summary }))
  if (family.length === 0) {
    const known = [...SERVICES, ...COMMANDS].map(entry => entry.name)
    err(`kms-connector: "${name}" is no service and no command; there are ${known.join(', ')}\n`)
    return EXIT.doNotRestart
  }
  const asked = rest[0] === '--help' || rest[0] === '-h'
  const print = asked ? out : err
  print(`usage: kms-connector COMMAND [OPTIONS], with COMMAND one of\n${listed(family)}\n`)
  return asked ? EXIT.stopped : EXIT.doNotRestart
}

/** `config explain SERVICE ...` is `SERVICE explain ...`. */
function spelledOut(argv: readonly string[]): readonly string[] {
  const [noun, verb, service, ...rest] = argv
  return noun === 'config' && verb === 'explain' && service !== undefined ? [service, 'explain', ...rest] : argv
}
