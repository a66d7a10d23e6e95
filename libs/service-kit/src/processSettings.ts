import { choice, duration, endpoint, flag, type Loaded, text } from './settings/declare.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/**
 * The settings that every process has. Spread them into the settings of a service:
 * `defineSettings({ ...processSettings('kms-connector-tx-sender'), nats_url: ... })`.
 */
export function processSettings(serviceName: string) {
  return {
    service_name: text({
      default: serviceName,
      describe: 'Name of this process in logs, traces and metrics.',
      pattern: /^[A-Za-z0-9._-]{1,64}$/,
      expected: 'up to 64 letters, digits, dots, dashes or underscores',
    }),
    log_level: choice(LOG_LEVELS, {
      default: 'info',
      describe:
        'Least important level that is logged. error: somebody must act; warn: watch it, the process copes by itself; info: what happened, a few lines a request; debug: how it happened.',
    }),
    monitoring_endpoint: endpoint({
      default: '0.0.0.0:9100',
      describe:
        'Address of the monitoring server: /livez, /readyz, /status, /metrics, /version. Port 0 lets the operating system choose.',
    }),
    earlier_metric_names: flag({
      default: true,
      describe:
        'Export metrics also under the names of the earlier connector where those mean the same, so that its dashboards keep working.',
    }),
    healthcheck_timeout: duration({
      default: '3s',
      max: '1m',
      describe:
        'How long one dependency may take to answer a readiness check. The probe of the orchestrator must wait longer than this.',
    }),
    shutdown_timeout: duration({
      default: '25s',
      max: '1h',
      describe:
        'How long work in flight may take to finish after SIGTERM. Keep it a few seconds below the grace period of the orchestrator, which is 30 s on Kubernetes.',
    }),
  } as const
}

/** The shape every service's settings include. */
export type ProcessShape = ReturnType<typeof processSettings>
export type ProcessSettings = Loaded<ProcessShape>
