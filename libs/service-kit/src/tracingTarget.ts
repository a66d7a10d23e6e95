import type { Environment } from './settings/environment.ts'

/** Path of traces below the base address of a collector (OpenTelemetry Protocol over HTTP). */
const TRACES_PATH = 'v1/traces'

export interface TracingSettings {
  readonly otlp_endpoint: string | undefined
}

/**
 * Where traces go. Our setting counts first, then the variables that OpenTelemetry defines for every process.
 * @returns address to post traces to; undefined when nothing is to be traced
 */
export function tracingTarget({ otlp_endpoint }: TracingSettings, env: Environment): string | undefined {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return undefined
  // Of the variables, the one for traces is used as it stands.
  const exact = otlp_endpoint === undefined ? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] : undefined
  if (exact) return exact
  const base = otlp_endpoint ?? env['OTEL_EXPORTER_OTLP_ENDPOINT']
  if (!base) return undefined
  return base.endsWith(`/${TRACES_PATH}`) ? base : `${base.replace(/\/+$/, '')}/${TRACES_PATH}`
}
