import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Code } from '@connectrpc/connect'
import type { RequestId } from '@kms-connector/protocol'
import { PipelineBench, small } from '../e2e/pipelineBench.ts'
import { OtlpReceiver, type ReceivedSpan } from './otlpReceiver.ts'

let receiver: OtlpReceiver
let bench: PipelineBench
/** Requests that the Core turns away once. */
const busy = new Set<RequestId>()
let turnAway = false

before(async () => {
  receiver = await OtlpReceiver.start()
  const tracing = { OTLP_ENDPOINT: receiver.url }
  bench = await PipelineBench.start({
    workers: 1,
    listener: tracing,
    worker: tracing,
    sender: tracing,
    coreFaults: {
      onSubmit(id) {
        if (!turnAway || busy.has(id)) return undefined
        busy.add(id)
        return Code.ResourceExhausted
      },
    },
  })
})
after(async () => {
  await bench?.stop()
  receiver?.stop()
})

const WHOLE = ['publish request', 'answer request', 'send answer']
const isWhole = (spans: readonly ReceivedSpan[]) => WHOLE.every(name => spans.some(span => span.name === name))

/** Paths of the spans from the root, each once: a transaction may be sent more often on a slow machine. */
function pathsOf(spans: readonly ReceivedSpan[]): readonly string[] {
  const byId = new Map(spans.map(span => [span.spanId, span]))
  const path = ({ name, parentSpanId }: ReceivedSpan): string => {
    const parent = byId.get(parentSpanId)
    return parent ? `${path(parent)} > ${name}` : `${parentSpanId === '' ? '' : '? > '}${name}`
  }
  return [...new Set(spans.map(path))].sort()
}

async function answered() {
  const [request] = await bench.request([small('public')])
  assert.ok(request)
  await bench.expectAnswered([request])
  return request
}

test('one request is one trace, from its log to its receipt', async () => {
  const { id } = await answered()
  const spans = await receiver.trace('kms.request_id', id, isWhole)
  const worker = 'publish request > answer request'
  const sender = `${worker} > send answer`
  assert.deepEqual(pathsOf(spans), [
    'publish request',
    worker,
    `${worker} > check`,
    `${worker} > fetch`,
    `${worker} > poll`,
    `${worker} > publish`,
    `${worker} > queue wait`,
    sender,
    `${sender} > broadcast`,
    `${sender} > mined`,
    `${sender} > prepare`,
    `${sender} > settle`,
    `${sender} > sign`,
    `${sender} > slot`,
    `${worker} > submit`,
    `${worker} > verify`,
  ])
  assert.deepEqual(
    spans.filter(span => span.failed || span.links.length > 0),
    [],
  )
  const named = (name: string) => spans.find(span => span.name === name)
  const services = WHOLE.map(name => named(name)?.service)
  assert.match(services.join(' '), /^\S*listener\S* \S*worker\S* \S*sender\S*$/)
  for (const name of WHOLE) {
    assert.equal(named(name)?.attributes['kms.request_id'], id, name)
    assert.equal(named(name)?.attributes['kms.operation'], 'public-decryption', name)
  }
  assert.equal(named('answer request')?.attributes['kms.attempt'], 1)
  assert.equal(typeof named('send answer')?.attributes['kms.nonce'], 'number')
  assert.equal(named('send answer')?.attributes['kms.status'], 'confirmed')
  const mined = String(named('mined')?.attributes['kms.transaction_hash'])
  assert.match(mined, /^0x[0-9a-f]{64}$/)
  assert.equal(named('broadcast')?.attributes['kms.transaction_hash'], mined)
})

test('the metrics of the services tell the same story', async () => {
  const { listener, workers, sender } = bench.devnet.node
  type Service = { readonly url: string | undefined } | undefined
  const scrape = async (service: Service) => (await fetch(new URL('/metrics', service?.url))).text()
  const expectLines = async (service: Service, lines: readonly RegExp[]) => {
    const deadline = Date.now() + 30_000
    for (;;) {
      const text = await scrape(service)
      const missing = lines.filter(line => !line.test(text))
      if (missing.length === 0) return
      assert.ok(Date.now() < deadline, `${missing.join(' ')} not in\n${text.match(/^kms_connector_.*$/gm)?.join('\n')}`)
      await sleep(200)
    }
  }
  await expectLines(listener, [
    /^kms_connector_listener_requests_published_total\{operation="public-decryption"\} [1-9]/m,
    /^kms_connector_listener_cursor_lag_blocks\{group="decryption"\} 0$/m,
    /^kms_connector_listener_looked_timestamp_seconds\{group="decryption"\} 1[0-9.]{9,}/m,
    /^kms_connector_listener_head_changed_timestamp_seconds\{group="key-management"\} 1[0-9.]{9,}/m,
  ])
  await expectLines(workers[0], [
    /^kms_connector_worker_requests_held\{operation="public-decryption"\} 0$/m,
    /^kms_connector_worker_request_seconds_count\{operation="public-decryption"\} [1-9]/m,
    /^kms_connector_worker_core_call_seconds_count\{phase="submit",method="publicDecrypt",shard="0",status="Ok"\} [1-9]/m,
    /^kms_connector_worker_core_call_seconds_count\{phase="poll",method="getPublicDecryptionResult",.*\} [1-9]/m,
    /^kms_connector_worker_ciphertexts_fetched_total [1-9]/m,
  ])
  await expectLines(sender, [
    /^kms_connector_sender_active_state 1$/m,
    /^kms_connector_sender_head_slot_age_seconds 0$/m,
    /^kms_connector_sender_answers_read_total\{operation="public-decryption"\} [1-9]/m,
    /^kms_connector_sender_next_nonce_number [1-9]/m,
    /^kms_connector_sender_wallet_balance_wei [1-9]/m,
  ])
  // Less than ten minutes of spending say nothing.
  assert.doesNotMatch(await scrape(sender), /^kms_connector_sender_wallet_runway_seconds/m)
})

test('a second attempt is part of the same trace and linked to the first', async () => {
  turnAway = true
  const { id } = await answered()
  turnAway = false
  const spans = await receiver.trace('kms.request_id', id, isWhole)
  const attempts = spans.filter(({ name }) => name === 'answer request')
  const [first, second] = attempts.sort(
    (a, b) => Number(a.attributes['kms.attempt']) - Number(b.attributes['kms.attempt']),
  )
  assert.equal(attempts.length, 2)
  assert.ok(first && second)
  assert.deepEqual([first.failed, first.attributes['error.type'], first.links], [true, 'CORE_BUSY', []])
  assert.deepEqual([second.failed, second.attributes['kms.attempt'], second.links], [false, 2, [first.spanId]])
  assert.equal(first.parentSpanId, second.parentSpanId)
})

test('a collector that never answers holds up neither requests nor the stop', async () => {
  receiver.silent = true
  const before = receiver.requests
  await answered()
  await answered()
  const { listener, workers, sender } = bench.devnet.node
  const worker = workers[0]
  assert.ok(worker)
  // Spans leave in batches; without one under way the stop would prove nothing.
  while (receiver.requests === before) await sleep(50)
  for (const service of [listener, worker, sender]) assert.deepEqual(await service.stop(), { code: 0, signal: null })
})

test('without a collector at its address requests are answered all the same', async () => {
  receiver.stop()
  const { listener, workers, sender } = bench.devnet.node
  for (const service of [listener, ...workers, sender]) await service.restart()
  await answered()
  await bench.expectExactlyOnce()
})
