import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { ConnectorError } from '@kms-connector/protocol'

export interface SecretFile {
  readonly bytes: Buffer
  /** What an operator should change although the file can be used. */
  readonly warnings: readonly string[]
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this process',
  EPERM: 'may not be read by this process',
  ELOOP: 'is a loop of links',
}

/**
 * Reads a small file that holds a secret.
 *
 * @param what the file in an operator's words, such as "key file"
 * @param maxBytes a larger file is refused unread
 * @throws ConnectorError WALLET_UNUSABLE with the path, never with content
 */
export async function readSecretFile(path: string, what: string, maxBytes: number): Promise<SecretFile> {
  const shown = displayPath(path)
  const refuse = (why: string) => new ConnectorError('WALLET_UNUSABLE', `the ${what} ${shown} ${why}`, { path: shown })
  let file: FileHandle | undefined
  try {
    // Without blocking: opening a named pipe would wait for a writer for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    // Of the opened file, not of the path: the path may lead elsewhere a moment later.
    const stat = await file.stat()
    if (!stat.isFile()) throw refuse('is not a regular file')
    const bytes = await readUpTo(file, maxBytes + 1)
    if (bytes.length > maxBytes) throw refuse(`has more than ${maxBytes} bytes`)
    return { bytes, warnings: (stat.mode & 0o007) === 0 ? [] : [openToAll(what, shown, stat.mode)] }
  } catch (fault) {
    if (fault instanceof ConnectorError) throw fault
    const code = fault instanceof Error && 'code' in fault ? String(fault.code) : ''
    // The fault itself quotes the path, which may be a secret written into the wrong setting.
    throw refuse(REASONS[code] ?? `could not be read${code === '' ? '' : ` (${code})`}`)
  } finally {
    await file?.close()
  }
}

async function readUpTo(file: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await file.read(buffer, length, size - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

function openToAll(what: string, shown: string, mode: number): string {
  const bits = (mode & 0o777).toString(8).padStart(3, '0')
  return `the ${what} ${shown} is open to every user of this machine (mode ${bits}): take those rights away, as chmod 600 does`
}

/** A key, a mnemonic or a password that stands where a path belongs must not be repeated: paths with a folder only. */
function displayPath(path: string): string {
  const plausible = path.includes('/') && !/[0-9a-f]{64}/i.test(path) && path.trim().split(/\s+/).length < 12
  return plausible ? JSON.stringify(path) : '[redacted]'
}
