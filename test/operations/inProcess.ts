import {
  type ProcessSettings,
  runService,
  type ServiceContext,
  type ServiceDefinition,
} from '@kms-connector/service-kit'

/** A service that runs in this process. */
export interface InProcessService {
  /** Sum of a counter over all series that carry these labels. */
  counted(metric: string, labels: Readonly<Record<string, string>>): Promise<number>
  /** Sends it, and nothing else in this process, the signal to stop. @returns its exit code */
  stop(): Promise<number>
}

/**
 * Starts a service and waits until it has started.
 * @param env its whole environment
 * @throws Error with its exit code when it ends before
 */
export async function startInProcess<V extends ProcessSettings>(
  definition: ServiceDefinition<V>,
  env: Readonly<Record<string, string>>,
): Promise<InProcessService> {
  const started = Promise.withResolvers<ServiceContext<V>>()
  const main = async (ctx: ServiceContext<V>) => {
    await definition.main(ctx)
    started.resolve(ctx)
  }
  const before = process.listeners('SIGTERM')
  const exit = runService({ ...definition, main }, ['start'], { env })
  // It listens by now; a signal to the process would reach its neighbours, too.
  const listening = process.listeners('SIGTERM').filter(listener => !before.includes(listener))
  const ended = exit.then((code): never => {
    throw new Error(`${definition.name} ended with exit code ${code} instead of starting`)
  })
  const { metrics } = await Promise.race([started.promise, ended])
  ended.catch(() => undefined)
  return {
    async counted(metric, labels) {
      const values = (await metrics.registry.getSingleMetric(metric)?.get())?.values ?? []
      const matching = values.filter(entry =>
        Object.entries(labels).every(([name, value]) => entry.labels[name] === value),
      )
      return matching.reduce((sum, { value }) => sum + value, 0)
    },
    async stop() {
      for (const listener of listening) if (process.listeners('SIGTERM').includes(listener)) listener('SIGTERM')
      return exit
    },
  }
}
