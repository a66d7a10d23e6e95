import { COMMANDS } from '../apps/cli/src/commands.ts'
import { commandHelp } from '../apps/cli/src/runCommand.ts'
import { SERVICES } from '../apps/cli/src/services.ts'
import { code, GENERATED, table } from './markdown.ts'

/** The reference of the command line, from the table of commands and their own help. */
export async function cliReference(): Promise<string> {
  const commands = await Promise.all(COMMANDS.map(async entry => ({ ...entry, command: await entry.load() })))
  return [
    GENERATED,
    '# Command line',
    '`kms-connector` starts the services and looks after them. Commands read the settings of the services: give their files with `--config`, once for each, or `KMS_CONNECTOR_*` variables. `--help` after any of them prints what stands here.',
    '## Services',
    table(
      ['Service', 'What'],
      SERVICES.map(({ name, describe }) => [code(name), describe]),
    ),
    '`kms-connector SERVICE start`, `validate`, `explain` or `health`; `kms-connector config explain SERVICE`.',
    '## Commands',
    table(
      ['Command', 'What'],
      COMMANDS.map(({ name, summary }) => [code(name), summary]),
    ),
    ...commands.flatMap(({ name, command }) => [
      `### ${name}`,
      `\`\`\`text\n${commandHelp(name, command).trimEnd()}\n\`\`\``,
    ]),
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n')
}
