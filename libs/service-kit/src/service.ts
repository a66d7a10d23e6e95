import type { Liveness } from './liveness.ts'
import type { Logger } from './logger.ts'
import type { LoopOptions } from './loop.ts'
import type { Identity, Metrics } from './metrics.ts'
import type { StatusSource } from './monitoringPages.ts'
import type { ProcessSettings } from './processSettings.ts'
import type { Readiness } from './readiness.ts'
import type { Schema } from './settings/schema.ts'
import type { Tracing } from './tracing.ts'

/** Everything that is particular to one process. */
export interface ServiceDefinition<V extends ProcessSettings> {
  /** Name of the executable, for example `gw-listener`. */
  readonly name: string
  readonly version: string
  /** Commit of the build; `unknown` when left out. */
  readonly build?: string
  /** One sentence for `--help`. */
  readonly describe: string
  /** Must include {@link processSettings}. */
  readonly schema: Schema<V>
  /** Variables of sibling processes that share the environment; see `variablesOf`. */
  readonly alsoKnown?: readonly string[]
  /**
   * Starts the service and returns once it is started; it is not ready before. Ongoing work goes to `ctx.run` or
   * `ctx.loop`. A fault thrown here ends the process with the exit code of its disposition.
   */
  readonly main: (ctx: ServiceContext<V>) => Promise<void>
}

/** What a service gets from its process. */
export interface ServiceContext<V extends ProcessSettings> {
  readonly identity: Identity
  readonly settings: V
  readonly logger: Logger
  readonly metrics: Metrics
  /** Records nothing unless the settings name a collector. */
  readonly tracing: Tracing
  readonly readiness: Readiness
  readonly liveness: Liveness
  /** Aborted when the process is asked to stop: take no new work, finish what is in hand. */
  readonly signal: AbortSignal
  /** Adds a section to `/status`. */
  status(name: string, source: StatusSource): void
  /**
   * Ongoing work that lasts as long as the process. When it ends or fails before a stop was asked for, the process ends.
   * On a stop it is waited for, before any stage of {@link ServiceContext.onStop} runs.
   */
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void
  /** The same for a repeated step, supervised as `runLoop` describes. */
  loop(options: Pick<LoopOptions, 'name' | 'maxStepMs' | 'backoff' | 'step'>): void
  /** Something to close on the way out; the last registered is closed first. */
  onStop(stage: string, stop: () => unknown): void
}
