import type { PipelineName } from '../benchOptions.ts'
import type { Processes, StageStreams } from '../measure/sample.ts'
import type { BenchBroker } from './benchBroker.ts'

/** What answers requests: the connector, or the bare pipeline that it is held against. */
export interface Pipeline {
  readonly name: PipelineName
  readonly broker: BenchBroker
  readonly streams: StageStreams
  /** Processes of the pipeline and its broker; those of its parts are called listener, worker and sender. */
  readonly processes: Processes
  /** Starts the listener; from here on requests are answered. Does not wait until it is ready. */
  listen(): Promise<void>
  /** @throws AggregateError when a process cannot be stopped */
  stop(): Promise<void>
}
