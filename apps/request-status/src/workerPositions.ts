import type { Operation } from '@kms-connector/protocol'
import {
  type Broker,
  type ConsumerPosition,
  consumerPosition,
  requestStream,
  WORKER_CONSUMER,
} from '@kms-connector/streams'

/** How long one reading serves everybody who asks, in milliseconds. */
const FRESH_MS = 250

interface Reading {
  readonly until: number
  readonly position: Promise<ConsumerPosition | undefined>
}

/** Where the workers of each operation are. One reading serves many questions, so asking cannot load the broker. */
export class WorkerPositions {
  readonly #broker: Broker
  readonly #readings = new Map<string, Reading>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * @returns a position at most a quarter of a second old, undefined while nothing has created the consumer
   * @throws ConnectorError BROKER_UNAVAILABLE
   */
  of(operation: Operation): Promise<ConsumerPosition | undefined> {
    const known = this.#readings.get(operation.name)
    if (known && performance.now() < known.until) return known.position
    const position = consumerPosition(this.#broker, requestStream(operation), WORKER_CONSUMER)
    this.#readings.set(operation.name, { until: performance.now() + FRESH_MS, position })
    // A failed reading is not kept for others; whoever asked sees the fault.
    position.catch(() => this.#readings.delete(operation.name))
    return position
  }
}
