import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What git ignores, by name. Walked rather than asked of git, which refuses a clone that belongs to another user. */
const IGNORED = new Set(['.git', 'node_modules', 'dist', '.turbo', '.tools', '.devnet', 'coverage'])
const IGNORED_ENDINGS = ['.log', '.tsbuildinfo']

export interface RepositoryFile {
  /** Path from the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/**
 * Reads the files of the repository that are kept in git, in the order of their paths.
 * @param wanted which paths to read
 */
export function repositoryFiles(wanted: (path: string) => boolean): readonly RepositoryFile[] {
  return pathsBelow(ROOT)
    .filter(wanted)
    .sort()
    .map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

/** Our own TypeScript: neither generated nor declarations. */
export function isSource(path: string): boolean {
  return path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.includes('/gen/')
}

/** Prints what is wrong and sets the exit code, or prints that all is well. */
export function report(check: string, faults: readonly string[], well: string): void {
  for (const fault of faults) console.error(fault)
  console.log(
    `${check}: ${faults.length === 0 ? well : `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`}`,
  )
  if (faults.length > 0) process.exitCode = 1
}

function pathsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (IGNORED.has(entry.name) || IGNORED_ENDINGS.some(ending => entry.name.endsWith(ending))) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return pathsBelow(path)
    return entry.isFile() ? [relative(ROOT, path).replaceAll(sep, '/')] : []
  })
}
