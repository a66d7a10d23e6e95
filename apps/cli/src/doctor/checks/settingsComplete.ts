import { type Check, ok, warn } from '../check.ts'

const NEEDED = [
  'gateway_url',
  'gateway_chain_id',
  'decryption_contract',
  'kms_generation_contract',
  'gateway_config_contract',
  'wallet_address',
  'kms_core_endpoints',
] as const

export const settingsComplete: Check = {
  id: 'settings.complete',
  group: 'settings',
  why: 'what is not in the settings cannot be checked, and the service that needs it does not start',
  async run({ settings, command }) {
    const missing: string[] = NEEDED.filter(name => settings[name] === undefined)
    if (settings.host_chains.length === 0) missing.push('host_chains')
    const given = command.loaded.entries.filter(({ source }) => source !== 'default')
    if (missing.length === 0) return ok(`${given.length} settings given, the others are defaults`)
    return warn(`not given: ${missing.join(', ')}`, 'give the settings of all three services: --config FILE for each')
  },
}
