import { once } from 'node:events'
import { ConnectorError, type RequestId, type Verdict } from '@kms-connector/protocol'
import {
  type Broker,
  type ConsumeOptions,
  type Consumption,
  consume,
  DECRYPTION_RETRY,
  type Delivery,
  type OperationName,
  publishOnce,
  requestStream,
  requestSubject,
} from '@kms-connector/streams'

export const busy = (): Verdict => ({ kind: 'retry', error: new ConnectorError('CORE_BUSY', 'busy'), afterMs: 20 })

export async function publishAll(broker: Broker, operation: OperationName, all: readonly RequestId[]): Promise<void> {
  await Promise.all(all.map(id => publishOnce(broker, requestSubject(operation, id), Buffer.from(id), { msgId: id })))
}

export function start(
  broker: Broker,
  operation: OperationName,
  options: Pick<ConsumeOptions, 'handler'> & Partial<ConsumeOptions>,
) {
  return consume(broker, {
    stream: requestStream(operation),
    stage: 'test-worker',
    batchSize: 64,
    lingerMs: 20,
    maxInFlight: 128,
    retry: DECRYPTION_RETRY,
    ...options,
  })
}

/** Counts what a handler has done and lets a test wait for it. */
export class Tally extends EventTarget {
  readonly seen: Delivery[] = []

  add(delivery: Delivery): void {
    this.seen.push(delivery)
    this.dispatchEvent(new Event('changed'))
  }

  async reaches(count: number): Promise<void> {
    while (this.seen.length < count) await once(this, 'changed')
  }
}

export async function ackedAll(broker: Broker, operation: OperationName): Promise<void> {
  for (;;) {
    const info = await broker.manager.consumers.info(requestStream(operation), 'kms-worker')
    if (info.num_ack_pending === 0 && info.num_pending === 0) return
    await new Promise(resolve => setImmediate(resolve))
  }
}

export async function stopAfter(consumption: Consumption, work: Promise<unknown>): Promise<void> {
  try {
    await work
  } finally {
    await consumption.stop(1_000)
  }
}
