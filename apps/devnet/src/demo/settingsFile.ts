import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Devnet } from '../devnet/index.ts'
import { type Surroundings, serviceVariables } from '../devnet/serviceVariables.ts'

/**
 * Writes the settings of all services of the first node as variables for a shell, so that commands of an operator work on it.
 * @returns path of the file, to be sourced
 */
export async function writeSettingsFile({ chains, contracts, node, dir }: Devnet): Promise<string> {
  const { nats, core, wallet } = node
  const surroundings: Surroundings = { chains, contracts, natsUrl: nats.url, coreUrl: core.url, wallet }
  const services = ['gw-listener', 'kms-worker', 'tx-sender'] as const
  const variables = Object.assign({}, ...services.map(service => serviceVariables(service, 'cli', surroundings, {})))
  const lines = Object.entries<string>(variables).map(([name, value]) => `export ${name}='${value}'\n`)
  const path = join(dir, 'kms-connector.env')
  await writeFile(path, lines.join(''), { mode: 0o600 })
  return path
}
