import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { callEnding, clip, MAX_TEXT } from './callEnding.ts'

const fromWire = { 'grpc-status': '13' }

const endings: readonly (readonly [what: string, fault: unknown, by: string, code: Code])[] = [
  ['status of the Core', new ConnectError('x', Code.Internal, fromWire), 'core', Code.Internal],
  [
    'status whose text looks local',
    new ConnectError('parse binary: x', Code.Internal, fromWire),
    'core',
    Code.Internal,
  ],
  ['status outside the table', new ConnectError('x', 99 as Code, fromWire), 'core', Code.Unknown], // CAST: as read from the wire
  [
    'our deadline',
    new ConnectError('the operation timed out', Code.DeadlineExceeded),
    'network',
    Code.DeadlineExceeded,
  ],
  ['stream reset', new ConnectError('http/2 stream closed', Code.Internal), 'network', Code.Internal],
  ['no ConnectError', new Error('socket hang up'), 'network', Code.Unknown],
  ['no error at all', 'text', 'network', Code.Unknown],
  ['garbage', new ConnectError('parse binary: invalid tag', Code.Internal), 'answer', Code.Internal],
  [
    'over-long answer',
    new ConnectError('message size 9 is larger than configured readMaxBytes 1', Code.ResourceExhausted),
    'answer',
    Code.ResourceExhausted,
  ],
  [
    'over-long request',
    new ConnectError('message size 9 is larger than configured writeMaxBytes 1', Code.ResourceExhausted),
    'request',
    Code.ResourceExhausted,
  ],
  ['unserialisable', new ConnectError('serialize binary: cannot encode', Code.Internal), 'request', Code.Internal],
  ['calm', new ConnectError('ENHANCE_YOUR_CALM', Code.ResourceExhausted), 'network', Code.ResourceExhausted],
]

for (const [what, fault, by, code] of endings) {
  test(`call ending: ${what}`, () => {
    const ending = callEnding(fault)
    assert.deepEqual([ending.by, ending.code], [by, code])
  })
}

test('texts from outside are clipped to one line', () => {
  assert.equal(clip('x'.repeat(5000)).length, MAX_TEXT)
  assert.equal(clip('a\r\nb\u001b[31mc\u2028d\u202ee'), 'a b [31mc d e')
  assert.ok(clip(`${'x'.repeat(MAX_TEXT - 1)}\u{1f600}`).isWellFormed())
})
