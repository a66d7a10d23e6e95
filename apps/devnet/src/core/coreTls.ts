import { readFile } from 'node:fs/promises'
import type { CoreOptions } from './coreSettings.ts'

/** Reads what a Core serves TLS with; `caFile` names the authority whose clients it accepts. */
export async function coreTls(files: {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
}): Promise<NonNullable<CoreOptions['tls']>> {
  const read = (file: string) => readFile(file, 'utf8')
  return { cert: await read(files.certFile), key: await read(files.keyFile), clientCa: await read(files.caFile) }
}
