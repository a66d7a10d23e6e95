import { EXIT, type ExitCode } from '@kms-connector/service-kit'
import { SERVICES } from './services.ts'

const USAGE = `kms-connector: connects a KMS Core to the Gateway chain

usage: kms-connector SERVICE COMMAND [OPTIONS]
       kms-connector config explain SERVICE [--config FILE]

services:
${SERVICES.map(({ name, describe }) => `  ${name.padEnd(15)} ${describe}`).join('\n')}

commands of every service:
  start [--config FILE]      run it until SIGTERM
  validate --config FILE     check the settings and print every one with its source
  explain [--config FILE]    the same in full: what each setting means and which names it had
  health [--endpoint URL]    ask a running one whether it is ready
  --help, --version
`

/**
 * The one binary: picks the service and hands the rest of the arguments to it.
 * @param argv arguments after the name of the program
 * @returns exit code of the service, or 1 for arguments that name none
 */
export async function frontDoor(
  argv: readonly string[],
  out: (text: string) => unknown = text => process.stdout.write(text),
  err: (text: string) => unknown = text => process.stderr.write(text),
): Promise<ExitCode> {
  const [name, ...rest] = spelledOut(argv)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    out(USAGE)
    return name === undefined ? EXIT.doNotRestart : EXIT.stopped
  }
  const service = SERVICES.find(s => s.name === name)
  if (!service) {
    err(`kms-connector: "${name}" is no service; there are ${SERVICES.map(s => s.name).join(', ')}\n`)
    return EXIT.doNotRestart
  }
  return (await service.load())(rest)
}

/** `config explain SERVICE ...` is `SERVICE explain ...`. */
function spelledOut(argv: readonly string[]): readonly string[] {
  const [noun, verb, service, ...rest] = argv
  return noun === 'config' && verb === 'explain' && service !== undefined ? [service, 'explain', ...rest] : argv
}
