import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import { faultRecord, faultText } from './faultRecord.ts'
import { createLogger, loggerOfRequest } from './logger.ts'
import { Secret } from './secret.ts'

function capture(secrets: readonly Secret[] = []) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ service: 'svc', version: '1.2.3', level: 'info', secrets, destination })
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}')
  return { logger, lines, last }
}

test('a line is JSON with service, version, level and the fields of the request', () => {
  const { logger, last, lines } = capture()
  loggerOfRequest(logger, { request_id: 'r1', trace_id: 't1' }).info({ block: 7 }, 'published request')
  const { time, pid, hostname, ...line } = last()
  assert.deepEqual(line, {
    level: 'info',
    service: 'svc',
    version: '1.2.3',
    request_id: 'r1',
    trace_id: 't1',
    block: 7,
    msg: 'published request',
  })
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
  assert.deepEqual([pid, hostname], [undefined, undefined])
  logger.debug('too quiet')
  assert.equal(lines.length, 1)
})

test('a fault shows code, hint, facts and the chain of causes', () => {
  const root = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const fault = new ConnectorError('RPC_UNAVAILABLE', 'head', { rpc: 'a' }, new Error('fetch failed', { cause: root }))
  const { logger, last } = capture()
  logger.error({ err: fault }, 'could not read the head')
  const { stack, ...err } = last()['err'] as Record<string, unknown> // CAST: a line this test has just written
  assert.match(String(stack), /ConnectorError/)
  assert.deepEqual(err, {
    type: 'ConnectorError',
    message: 'RPC_UNAVAILABLE: head',
    code: 'RPC_UNAVAILABLE',
    disposition: 'retry',
    hint: fault.hint,
    facts: { rpc: 'a' },
    causes: [
      { type: 'Error', message: 'fetch failed' },
      { type: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    ],
  })
})

test('anything thrown becomes a record: cycles, monsters, other types', () => {
  const cycle = new Error('a')
  cycle.cause = cycle
  assert.equal(faultRecord(cycle).causes, undefined)
  assert.equal(faultRecord(Object.create(null)).message, 'something that has no text form was thrown')
  assert.equal(faultRecord('text').message, 'text')
  assert.equal(faultRecord(undefined).type, 'undefined')
  assert.ok(faultRecord(new Error('x'.repeat(100_000))).message.length < 10_000)
  const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
  assert.equal(faultText(refused), 'ECONNREFUSED')
  assert.equal(faultText(new TypeError('fetch failed', { cause: refused })), 'fetch failed: ECONNREFUSED')
})

test('secrets never reach a line: as values, in messages, in faults, under telling names', () => {
  const key = 'deadbeef'.repeat(8)
  const { logger, lines } = capture([new Secret(`0x${key}`)])
  logger.info({ wallet: new Secret(`0x${key}`) }, `key ${key}`)
  logger.info({ private_key: 'unknown-value', nested: { mnemonic: 'unknown-value' } }, 'named')
  logger.error({ err: new Error(`refused 0x${key}`, { cause: new Error('at https://u:hidden@host/') }) }, 'failed')
  logger.child({ bound: `0x${key}` }).warn('child')
  for (const line of lines) assert.ok(!/deadbeef|unknown-value|hidden/.test(line), line)
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line)
})
