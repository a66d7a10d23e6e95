import type { ServerResponse } from 'node:http'
import { type Answer, failureAnswer, problem, sendAnswer, unknownAnswer } from './answers.ts'
import { EventStream, eventId } from './eventStream.ts'
import type { EndReason, Reading, Subscriber } from './liveRequests.ts'

export interface EventSubscriberOptions {
  readonly response: ServerResponse
  readonly id: string
  /** What a client that connects again has seen last. */
  readonly lastEventId: string | undefined
  /** When the connection ends at the latest, by the clock of `performance.now()`. */
  readonly deadline: number
  readonly onEvent: () => void
  readonly onDropped: () => void
  /** Called once, with the HTTP status of the answer. */
  readonly onAnswered: (status: number) => void
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies must not collect events before they pass them on.
  'x-accel-buffering': 'no',
}

/**
 * One connection that follows a request: its status first, then every change, until it is final. A client that connects
 * again after the end gets 204, which tells an `EventSource` to stop.
 */
export class EventSubscriber implements Subscriber {
  readonly #options: EventSubscriberOptions
  #stream: EventStream | undefined
  #sent: string | undefined
  #over = false

  constructor(options: EventSubscriberOptions) {
    this.#options = options
  }

  readonly onReading = (reading: Reading): void => {
    if (this.#over) return
    if (reading.kind === 'status') this.#status(JSON.stringify(reading.status), reading.status.final)
    // Under way, a failed look is repeated, and a request does not become unknown.
    else if (!this.#stream) {
      this.#answer(reading.kind === 'unknown' ? unknownAnswer(this.#options.id) : failureAnswer(reading.error))
    }
  }

  readonly onTick = (now: number): void => {
    if (this.#over || !this.#stream) return
    if (now >= this.#options.deadline) this.end('deadline')
    else this.#unlessDropped(this.#stream.heartbeat(now))
  }

  readonly end = (reason: EndReason): void => {
    if (this.#over) return
    if (!this.#stream) {
      this.#answer(problem(503, { error: `the stream ended before it began: ${reason}` }, 1))
      return
    }
    this.#over = true
    this.#stream.event('end', JSON.stringify({ reason }), undefined, performance.now())
    this.#stream.end()
  }

  #status(data: string, final: boolean): void {
    const id = eventId(data)
    if (!this.#stream && final && this.#options.lastEventId === id) {
      this.#answer({ status: 204 })
      return
    }
    if (id !== this.#sent) {
      this.#sent = id
      this.#unlessDropped(this.#open().event('status', data, id, performance.now()))
      this.#options.onEvent()
    }
    if (final) this.end('final')
  }

  #open(): EventStream {
    if (this.#stream) return this.#stream
    const { response, onAnswered } = this.#options
    response.writeHead(200, HEADERS)
    onAnswered(200)
    this.#stream = new EventStream(response, performance.now())
    return this.#stream
  }

  #answer(answer: Answer): void {
    this.#over = true
    this.#options.onAnswered(answer.status)
    sendAnswer(this.#options.response, answer)
  }

  #unlessDropped(written: boolean): void {
    if (written || this.#over) return
    this.#over = true
    this.#options.onDropped()
  }
}
