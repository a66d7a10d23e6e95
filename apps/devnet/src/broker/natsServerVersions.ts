import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface NatsServerBinary {
  readonly bin: string
  readonly version: string
}

/** Root of the repository, four folders up from here in the sources as well as in the build. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** @returns version such as "2.15.2", undefined when the file is no nats-server that runs here */
export function natsVersion(bin: string): string | undefined {
  const run = spawnSync(bin, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  return /v(\d+\.\d+\.\d+)/.exec(run.stdout ?? '')?.[1]
}

/**
 * The nats-server to use: `NATS_SERVER`, the one `npm run setup` installed, the one on PATH, in this order.
 * @throws Error telling how to get one
 */
export function currentNatsServer(): NatsServerBinary {
  const named = process.env['NATS_SERVER']
  const candidates = named ? [named] : [join(ROOT, '.tools', 'bin', 'nats-server'), onPath('nats-server')]
  for (const bin of candidates) {
    const version = bin === undefined ? undefined : natsVersion(bin)
    if (bin !== undefined && version !== undefined) return { bin, version }
  }
  throw new Error('no nats-server found: run `npm run setup`, or set NATS_SERVER to the path of one')
}

/** The binaries that tests run against: the current one, and the oldest supported one where it is available. */
export function natsServerVersions(): readonly NatsServerBinary[] {
  const current = currentNatsServer()
  const floor = process.env['NATS_SERVER_FLOOR'] ?? join(ROOT, '.tools', 'nats-floor', 'nats-server')
  const version = existsSync(floor) ? natsVersion(floor) : undefined
  return version === undefined || version === current.version ? [current] : [current, { bin: floor, version }]
}

function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter(dir => dir !== '')
    .map(dir => join(dir, name))
    .find(path => existsSync(path))
}
