import { fileURLToPath } from 'node:url'

/** @returns a program of this package, from the sources when run from the sources, from the build otherwise */
export function programOf(path: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../${path}.${extension}`, import.meta.url))
}

/** Finds the URL that a stub announces as its first line. */
export function announcedUrl(line: string): string | undefined {
  return /^\{"url":"([^"]+)"/.exec(line)?.[1]
}
