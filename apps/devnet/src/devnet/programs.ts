import { fileURLToPath } from 'node:url'

/** Root of the repository, four folders up from here in the sources as well as in the build. */
const ROOT = new URL('../../../../', import.meta.url)

/** Programs are run from the sources by sources and from the build by the build: never a mixture of both. */
const FROM_SOURCE = import.meta.url.endsWith('.ts')

export type Service = 'gw-listener' | 'kms-worker' | 'tx-sender'

/** Memory of a service in the chart, MiB. */
export const SERVICE_MEMORY_MB: Readonly<Record<Service, number>> = {
  'gw-listener': 512,
  'kms-worker': 1536,
  'tx-sender': 512,
}

/** @returns the file that starts a service of the connector */
export function serviceEntry(service: Service): string {
  return fileURLToPath(new URL(`apps/${service}/${FROM_SOURCE ? 'src/main.ts' : 'dist/main.js'}`, ROOT))
}

/** @returns the file that starts a development KMS Core */
export function coreEntry(): string {
  return fileURLToPath(new URL(`../core/main.${FROM_SOURCE ? 'ts' : 'js'}`, import.meta.url))
}
