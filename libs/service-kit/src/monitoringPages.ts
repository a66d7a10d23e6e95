import { jsonPage, type PageSource } from './httpServer.ts'
import type { Liveness } from './liveness.ts'
import type { Identity, Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

/** A part of `/status`: something JSON can write. Bigints are written as decimal text. */
export type StatusSource = () => unknown

export interface Monitored {
  readonly identity: Identity
  readonly metrics: Metrics
  readonly readiness: Readiness
  readonly liveness: Liveness
  /** Sections of `/status` by name. */
  readonly status: ReadonlyMap<string, StatusSource>
  /** Hides secrets in texts that come from dependencies. */
  readonly redact: (text: string) => string
}

/**
 * The pages of the monitoring server. Four questions, four pages:
 * - `/livez` (`/liveness`): does this process work? If not, restart it.
 * - `/readyz` (`/healthz`): do its dependencies answer? If not, look at them. `?verbose` adds every check.
 * - `/status`: where is it?
 * - `/metrics`: how has it been doing?
 *
 * The bodies of `/liveness`, `/healthz` and `/version` have the fields that operators of KMS connectors already probe:
 * `status_code` and `status`; `healthy`, one `<name>_connected` per dependency and `details`; `name`, `version` and `build`.
 */
export function monitoringPages(monitored: Monitored): ReadonlyMap<string, PageSource> {
  const { identity, metrics } = monitored
  const startedAt = new Date().toISOString()
  const live = () => livePage(monitored)
  const ready: PageSource = query => readyPage(monitored, query.has('verbose'))
  return new Map<string, PageSource>([
    ['/livez', live],
    ['/liveness', live],
    ['/readyz', ready],
    ['/healthz', ready],
    ['/version', () => jsonPage(200, identity)],
    ['/status', () => statusPage(monitored, startedAt)],
    [
      '/metrics',
      async () => ({ status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() }),
    ],
  ])
}

function livePage({ liveness }: Monitored) {
  const dead = liveness.dead()
  if (dead.length === 0) return jsonPage(200, { status_code: '200', status: 'alive' })
  const details = dead.map(loop => `${loop.name}: silent for ${loop.silence_ms} ms, ${loop.allowed_ms} ms are allowed`)
  return jsonPage(503, { status_code: '503', status: 'dead', details: details.join('; ') })
}

async function readyPage({ readiness, redact }: Monitored, verbose: boolean) {
  const { ready, details, checks } = await readiness.report()
  const connected = checks.map(({ name, ok }) => [`${name}_connected`, ok] as const)
  const body = { healthy: ready, ...Object.fromEntries(connected), details: redact(details) }
  const clean = checks.map(({ error, note, ...check }) => ({
    ...check,
    ...(error === undefined ? {} : { error: redact(error) }),
    ...(note === undefined ? {} : { note: redact(note) }),
  }))
  return jsonPage(ready ? 200 : 503, verbose ? { ...body, checks: clean } : body)
}

function statusPage({ identity, liveness, status, redact }: Monitored, startedAt: string) {
  const sections = [...status].map(([name, source]) => [name, source()] as const)
  const body = {
    ...identity,
    started_at: startedAt,
    uptime_seconds: Math.round(process.uptime()),
    loops: liveness.loops(),
    ...Object.fromEntries(sections),
  }
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2)
  return { status: 200, type: 'application/json; charset=utf-8', body: `${redact(text)}\n` }
}
