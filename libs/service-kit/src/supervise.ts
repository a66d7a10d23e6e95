import { ConnectorError } from '@kms-connector/protocol'
import { Ends } from './ends.ts'
import { EXIT, type ExitCode, exitCodeOf } from './exitCode.ts'
import { serveHttp } from './httpServer.ts'
import { Liveness } from './liveness.ts'
import { startTicking } from './livenessTicker.ts'
import { createLogger, type Logger } from './logger.ts'
import { runLoop } from './loop.ts'
import { createMetrics, type Identity } from './metrics.ts'
import { monitoringPages, type StatusSource } from './monitoringPages.ts'
import { type EndReason, listenToProcess } from './processEvents.ts'
import type { ProcessSettings } from './processSettings.ts'
import { type CheckResult, Readiness } from './readiness.ts'
import { createRedactor, displayUrl } from './redact.ts'
import type { ServiceContext, ServiceDefinition } from './service.ts'
import type { LoadedSettings } from './settings/load.ts'
import { runStages, type Stage } from './shutdown.ts'
import { NO_TRACING, type Tracing } from './tracing.ts'
import { tracingTarget } from './tracingTarget.ts'

/**
 * Runs a service from start to end:
 * 1. monitoring server, then `main`; ready once `main` has returned;
 * 2. until a signal, a fault, the end of ongoing work, or a dead loop;
 * 3. not ready any more, signal aborted, ongoing work waited for, stages closed in reverse order, monitoring server last.
 *
 * A second signal, or a crash, ends the wait at any point. Never rejects and never exits the process itself.
 */
export async function supervise<V extends ProcessSettings>(
  definition: ServiceDefinition<V>,
  loaded: LoadedSettings<V>,
): Promise<ExitCode> {
  const { values: settings, secrets, warnings } = loaded
  const identity = identityOf(definition)
  const logger = createLogger({
    service: settings.service_name,
    version: identity.version,
    level: settings.log_level,
    secrets,
  })
  for (const warning of warnings) logger.warn({ warning }, 'a setting is deprecated or has no effect')

  const ends = new Ends(logger)
  const forget = listenToProcess(reason => ends.report(reason))
  const run = new Running(definition, identity, loaded, logger, createRedactor(secrets), ends)
  const ticking = startTicking(run.liveness, logger, ends)
  try {
    const finished = ends.first.then(reason => run.stop(reason))
    run.start()
    return await Promise.race([finished, ends.forced])
  } finally {
    clearInterval(ticking)
    forget()
  }
}

export function identityOf({
  name,
  version,
  build = 'unknown',
}: Omit<ServiceDefinition<ProcessSettings>, 'main' | 'schema'>): Identity {
  return { name, version, build }
}

/** One run of a service: what it has started and how that is stopped. */
class Running<V extends ProcessSettings> {
  readonly liveness = new Liveness()
  readonly #definition: ServiceDefinition<V>
  readonly #identity: Identity
  readonly #loaded: LoadedSettings<V>
  readonly #logger: Logger
  readonly #redact: (text: string) => string
  readonly #ends: Ends
  readonly #readiness: Readiness
  readonly #abort = new AbortController()
  readonly #stages: Stage[] = []
  readonly #work = new Map<string, Promise<void>>()
  #closeMonitoring: () => unknown = () => {}
  #tracing: Tracing = NO_TRACING

  constructor(
    definition: ServiceDefinition<V>,
    identity: Identity,
    loaded: LoadedSettings<V>,
    logger: Logger,
    redact: (text: string) => string,
    ends: Ends,
  ) {
    this.#definition = definition
    this.#identity = identity
    this.#loaded = loaded
    this.#logger = logger
    this.#redact = redact
    this.#ends = ends
    this.#readiness = new Readiness(loaded.values.healthcheck_timeout, result => this.#tellDependency(result))
  }

  /** Whoever reads the log need not have seen the probe that failed. */
  #tellDependency({ name, ok, error }: CheckResult): void {
    if (ok) this.#logger.info({ dependency: name }, 'a dependency answers again')
    else this.#logger.warn({ dependency: name, error: this.#redact(error ?? '') }, 'a dependency does not answer')
  }

  start(): void {
    this.#work.set(
      'start-up',
      this.#guarded(() => this.#startUp()),
    )
  }

  async #startUp(): Promise<void> {
    const { monitoring_endpoint, earlier_metric_names } = this.#loaded.values
    const metrics = createMetrics(this.#identity, { aliases: earlier_metric_names })
    const status = new Map<string, StatusSource>()
    const pages = monitoringPages({
      identity: this.#identity,
      metrics,
      readiness: this.#readiness,
      liveness: this.liveness,
      status,
      redact: this.#redact,
    })
    const server = await serveHttp(monitoring_endpoint, pages, this.#logger)
    this.#closeMonitoring = server.close
    this.#logger.info({ monitoring_url: server.url, node: process.version, build: this.#identity.build }, 'starting')
    this.#logger.debug({ settings: this.#loaded.entries }, 'settings loaded')
    const { signal } = this.#abort
    if (signal.aborted) return
    this.#tracing = await this.#openTracing()
    const ctx: ServiceContext<V> = {
      identity: this.#identity,
      settings: this.#loaded.values,
      logger: this.#logger,
      metrics,
      tracing: this.#tracing,
      readiness: this.#readiness,
      liveness: this.liveness,
      signal,
      status: (name, source) => void status.set(name, source),
      run: (name, work) => this.#runWork(name, work),
      loop: options =>
        this.#runWork(options.name, () =>
          runLoop({ ...options, signal, logger: this.#logger, liveness: this.liveness }),
        ),
      onStop: (name, stop) => void this.#stages.push({ name, stop }),
    }
    await this.#definition.main(ctx)
    this.#readiness.started()
    if (!signal.aborted) this.#logger.info('started')
  }

  async #openTracing(): Promise<Tracing> {
    const { values } = this.#loaded
    const url = tracingTarget(values, process.env)
    if (url === undefined) return NO_TRACING
    // Only here: a process that traces nothing does not load what it takes.
    const { otlpTracing } = await import('./otlpTracing.ts')
    const { service_name: serviceName, trace_sample_percent } = values
    this.#logger.info({ otlp_url: displayUrl(url) }, 'tracing')
    const ratio = trace_sample_percent / 100
    return otlpTracing({ url, serviceName, ratio, identity: this.#identity, logger: this.#logger })
  }

  #runWork(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#work.has(name)) throw new Error(`ongoing work ${name} exists already`)
    const ongoing = async () => {
      await work(this.#abort.signal)
      if (!this.#ends.asked)
        throw new ConnectorError('LOOP_DEAD', `${name} ended although nobody asked it to`, { loop: name })
    }
    this.#work.set(name, this.#guarded(ongoing))
  }

  /** A fault ends the process; faults after a stop was asked for are usually its effect and only worth a line. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (fault) {
      if (!this.#ends.asked) this.#ends.report({ kind: 'fault', fault })
      else if (fault !== this.#abort.signal.reason)
        this.#logger.debug({ err: fault }, 'ongoing work ended with a fault')
    }
  }

  async stop(reason: EndReason): Promise<ExitCode> {
    const { shutdown_timeout } = this.#loaded.values
    this.#readiness.stopping()
    this.#abort.abort(new DOMException('the process is stopping', 'AbortError'))
    const waits = [...this.#work].map(([name, done]) => ({ name: `wait for ${name}`, stop: () => done }))
    const monitoring = { name: 'monitoring server', stop: () => this.#closeMonitoring() }
    // Stages run from the end of the list; those that start-up still registers while it is waited for come into `#stages`.
    const begin = performance.now()
    const drained = await runStages(waits, shutdown_timeout, this.#logger)
    // Even after a drain that took all of its time, connections get a second to close.
    const rest = Math.max(1_000, shutdown_timeout - (performance.now() - begin))
    const tracing = { name: 'traces', stop: () => this.#tracing.close() }
    const closed = await runStages([monitoring, tracing, ...this.#stages], rest, this.#logger)
    const code = reason.kind === 'signal' ? EXIT.stopped : exitCodeOf(reason.fault)
    const result = code === EXIT.stopped && !(drained && closed) ? EXIT.restart : code
    this.#logger.info({ exit_code: result, clean: drained && closed }, 'stopped')
    return result
  }
}
