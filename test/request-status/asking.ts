import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describedSchema, faultsOf } from '../../apps/request-status/src/describedAnswers.ts'
import type { RequestStatus } from '../../apps/request-status/src/requestStatus.ts'
import { PLAINTEXT } from './pipeline.ts'

const PATIENCE_MS = 60_000

/** Fields of all answers; which of them an answer has is checked against the description of its route. */
interface Body extends RequestStatus {
  readonly requests: readonly RequestStatus[]
  readonly examined: number
  readonly error: string
  readonly code: string
  readonly reason: string
  readonly openapi: string
  readonly paths: object
}

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** Asks, and checks the answer against the OpenAPI description of its route. */
export async function ask(url: string, path: string, route: string, init: RequestInit = {}): Promise<Asked> {
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS), ...init })
  const text = await response.text()
  assert.ok(!text.includes(PLAINTEXT), 'an answer shows what it must not')
  const body = text === '' ? {} : JSON.parse(text)
  const schema = describedSchema(route, response.status)
  if (schema) assert.deepEqual(faultsOf(schema, body), [], `${response.status} of ${path}`)
  return { status: response.status, headers: response.headers, body }
}

export const askOne = (url: string, id: string) => ask(url, `/requests/${id}`, '/requests/{id}')

/** Asks until the request is in a state: the steps of the pipeline show within moments, not at once. */
export async function untilState(url: string, id: string, state: RequestStatus['state']): Promise<RequestStatus> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const { body } = await askOne(url, id)
    if (body.state === state) return body
    assert.ok(performance.now() < deadline, `${id} is ${body.state ?? JSON.stringify(body)}, not ${state}`)
    await sleep(50)
  }
}

export interface LiveEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: Body
}

/** A client of `/requests/{id}/events`. */
export class LiveStream implements AsyncDisposable {
  readonly status: number
  readonly headers: Headers
  readonly events: LiveEvent[] = []
  readonly #abort: AbortController
  readonly #read: Promise<void>
  #closed = false
  #wake: () => void = () => {}

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status
    this.headers = response.headers
    this.#abort = abort
    this.#read = this.#readAll(response).catch(() => {})
  }

  static async open(url: string, id: string, headers: Record<string, string> = {}): Promise<LiveStream> {
    const abort = new AbortController()
    const response = await fetch(`${url}/requests/${id}/events`, { headers, signal: abort.signal })
    return new LiveStream(response, abort)
  }

  /** Waits for the first event that is as wanted, or for the end of the stream. */
  async until(wanted: (event: LiveEvent) => boolean): Promise<LiveEvent> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const found = this.events.find(wanted)
      if (found) return found
      const seen = JSON.stringify(this.states())
      assert.ok(!this.#closed && performance.now() < deadline, `waited in vain, seen: ${seen}`)
      await Promise.race([new Promise<void>(resolve => (this.#wake = resolve)), sleep(1_000)])
    }
  }

  untilState(state: RequestStatus['state']): Promise<LiveEvent> {
    return this.until(({ event, data }) => event === 'status' && data.state === state)
  }

  /** Waits until the server has closed the stream. */
  async closed(): Promise<void> {
    await this.#read
  }

  states(): readonly string[] {
    return this.events.map(({ event, data }) => (event === 'status' ? data.state : `${event}:${data.reason}`))
  }

  async #readAll(response: Response): Promise<void> {
    let text = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true })
        assert.ok(!text.includes(PLAINTEXT), 'an event shows what it must not')
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) this.#block(block)
        this.#wake()
      }
    } finally {
      this.#closed = true
      this.#wake()
    }
  }

  #block(block: string): void {
    const fields = new Map(block.split('\n').map(line => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]))
    const event = fields.get('event')
    if (event === undefined) return
    const data = JSON.parse(fields.get('data') ?? '')
    assert.deepEqual(faultsOf(event === 'end' ? 'End' : 'RequestStatus', data), [])
    this.events.push({ event, id: fields.get('id'), data })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.#read
  }
}
