import { choice, duration, endpoint, flag, integer, type Loaded, optional, text, url } from './settings/declare.ts'

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
    otlp_endpoint: optional(
      url({
        describe:
          'Collector that traces are sent to, by the OpenTelemetry Protocol over HTTP (mostly port 4318). Without it OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT count; without any of them nothing is traced. Headers come from OTEL_EXPORTER_OTLP_HEADERS.',
        example: 'http://127.0.0.1:4318',
      }),
    ),
    trace_sample_percent: integer({
      default: 100,
      min: 0,
      max: 100,
      describe: 'Share of requests that is traced. The listener decides; the other services follow it.',
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
