import { type Check, ok, warn } from '../check.ts'

export const settingsNames: Check = {
  id: 'settings.names',
  group: 'settings',
  why: 'earlier names of settings will not be understood for ever',
  async run({ command }) {
    const [first, ...others] = command.loaded.warnings
    if (first === undefined) return ok('all names are current')
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    return warn(`${first}${more}`, 'rename the settings as the text says; validate lists all of them')
  },
}
