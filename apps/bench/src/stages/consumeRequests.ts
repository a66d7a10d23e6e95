import { decodeRequest, done, encodeRequest, type Request } from '@kms-connector/protocol'
import { consume, requestStream, requestSubject, retryPolicyOf } from '@kms-connector/streams'
import type { NatsConnection } from 'nats'
import { BARE_REQUESTS } from '../bare/bareConfig.ts'
import type { Side, Stage } from './stage.ts'
import type { StageSetup } from './stageSetup.ts'

/** Messages that wait before measuring begins: more than are consumed meanwhile, or measuring ends with them. */
const WAITING = 200_000
/** Messages that are held in memory while they are stored. */
const PART = 10_000
const SOME = 200
const BATCH = 64
const LINGER_MS = 15
const IN_FLIGHT = 256

/** From the broker to a parsed request, and the acknowledgement back. */
export const consumeRequests: Stage = {
  name: 'consume and acknowledge',
  sides: {
    async bound(setup) {
      const connection = await setup.nats()
      await fill(connection, setup, id => `bare.request.${id}`)
      const consumer = await connection.jetstream().consumers.get(BARE_REQUESTS, 'worker')
      const messages = await consumer.consume({ max_messages: IN_FLIGHT })
      const counter = new Counter()
      void (async () => {
        for await (const message of messages) {
          JSON.parse(message.string())
          message.ack()
          counter.add()
        }
      })()
      return counter.side
    },
    async achieved(setup) {
      const { operation, table } = setup
      await fill(await setup.nats(), setup, id => requestSubject(operation, id))
      const counter = new Counter()
      consume(await setup.broker(), {
        stream: requestStream(operation),
        stage: 'bench',
        batchSize: BATCH,
        lingerMs: LINGER_MS,
        maxInFlight: IN_FLIGHT,
        retry: retryPolicyOf(operation.group),
        handler: batch =>
          batch.map(async ({ body }) => {
            decodeRequest(table, body)
            return done
          }),
        onEvent: event => {
          if (event.kind === 'settled') counter.add()
        },
      })
      return counter.side
    },
  },
}

/** Counts what a running consumer does and tells a loop about it, until all that waited is consumed. */
class Counter {
  #done = 0
  #told = 0
  #wake = () => {}

  add(): void {
    this.#done++
    if (this.#enough) this.#wake()
  }

  get #enough(): boolean {
    return this.#done - this.#told >= SOME || this.#done >= WAITING
  }

  get side(): Side {
    return {
      lanes: 1,
      step: async () => {
        while (!this.#enough) await new Promise<void>(resolve => (this.#wake = resolve))
        const news = this.#done - this.#told
        this.#told = this.#done
        return news
      },
    }
  }
}

async function fill(
  connection: NatsConnection,
  setup: StageSetup,
  subjectOf: (id: ReturnType<StageSetup['nextId']>) => string,
): Promise<void> {
  const [placed] = await setup.requests()
  for (let i = 0; i < WAITING; i++) {
    const id = setup.nextId()
    const request = { ...placed, id } as Request // CAST: there is a placed request
    connection.publish(subjectOf(id), encodeRequest(request))
    if (i % PART === 0) await connection.flush()
  }
  await connection.flush()
}
