import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConnectorError } from '@kms-connector/protocol'
import { BROKER_IDENTITIES, type BrokerIdentity, newNatsKey, publicNatsKey } from '@kms-connector/streams'

/** Name of the file with the seed of an identity. */
export const seedFileOf = (identity: BrokerIdentity): string => `${identity}.nk`

export interface BrokerKeys {
  readonly publicKeys: Readonly<Record<BrokerIdentity, string>>
  /** Identities whose seeds were made now; those of the others were there already. */
  readonly made: readonly BrokerIdentity[]
}

/**
 * Reads the seeds of all identities from a directory and makes those that are missing, readable by nobody else.
 * A seed that exists is never replaced: services hold it.
 * @throws ConnectorError SETTINGS_INVALID for a file that holds no seed, or a directory that cannot be used
 */
export async function brokerKeys(dir: string): Promise<BrokerKeys> {
  const made: BrokerIdentity[] = []
  const publicKeys: Partial<Record<BrokerIdentity, string>> = {}
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    for (const identity of BROKER_IDENTITIES) {
      const file = join(dir, seedFileOf(identity))
      const seed = await existing(file)
      if (seed === undefined) made.push(identity)
      publicKeys[identity] = seed === undefined ? await make(file) : publicKeyIn(file, seed)
    }
  } catch (fault) {
    if (fault instanceof ConnectorError) throw fault
    const reason = fault instanceof Error ? fault.message : String(fault)
    throw new ConnectorError('SETTINGS_INVALID', `cannot keep keys in ${dir}: ${reason}`, { dir }, fault)
  }
  return { publicKeys: publicKeys as Record<BrokerIdentity, string>, made } // CAST: every identity was visited
}

async function existing(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return undefined
    throw fault
  }
}

async function make(file: string): Promise<string> {
  const { seed, publicKey } = newNatsKey()
  // `wx`: two runs at once must not end with a file that belongs to neither.
  await writeFile(file, `${seed}\n`, { mode: 0o600, flag: 'wx' })
  await chmod(file, 0o600)
  return publicKey
}

function publicKeyIn(file: string, seed: string): string {
  try {
    return publicNatsKey(seed)
  } catch {
    throw new ConnectorError('SETTINGS_INVALID', `${file} holds no NKey seed of a user (SU...)`, { file })
  }
}
