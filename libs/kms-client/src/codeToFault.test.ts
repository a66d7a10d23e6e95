import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Code } from '@connectrpc/connect'
import { codeToFault, type PollRuling, type SubmitRuling } from './codeToFault.ts'

/** [status of the Core, ruling on submit, ruling on poll] */
const table: readonly (readonly [keyof typeof Code, string, string])[] = [
  ['Canceled', 'CORE_UNAVAILABLE', 'keep-polling'],
  ['Unknown', 'CORE_UNAVAILABLE', 'keep-polling'],
  ['InvalidArgument', 'CORE_REFUSED', 'CORE_REFUSED'],
  ['DeadlineExceeded', 'CORE_UNAVAILABLE', 'keep-polling'],
  ['NotFound', 'CORE_KEY_MISSING', 'resubmit'],
  ['AlreadyExists', 'accepted', 'CORE_UNAVAILABLE'],
  ['PermissionDenied', 'CORE_INCOMPATIBLE', 'CORE_INCOMPATIBLE'],
  ['ResourceExhausted', 'CORE_BUSY', 'keep-polling'],
  ['FailedPrecondition', 'CORE_NOT_READY', 'CORE_NOT_READY'],
  ['Aborted', 'CORE_BUSY', 'CORE_FAILED'],
  ['OutOfRange', 'CORE_REFUSED', 'CORE_UNAVAILABLE'],
  ['Unimplemented', 'CORE_INCOMPATIBLE', 'CORE_INCOMPATIBLE'],
  ['Internal', 'CORE_UNAVAILABLE', 'CORE_FAILED'],
  ['Unavailable', 'CORE_UNAVAILABLE', 'keep-polling'],
  ['DataLoss', 'CORE_UNAVAILABLE', 'CORE_UNAVAILABLE'],
  ['Unauthenticated', 'CORE_INCOMPATIBLE', 'CORE_INCOMPATIBLE'],
]

const word = (ruling: SubmitRuling | PollRuling): string => (ruling.kind === 'fault' ? ruling.code : ruling.kind)
const codes = Object.values(Code).filter((code): code is Code => typeof code === 'number')

test('the table covers every gRPC status', () => {
  assert.deepEqual(table.map(([name]) => Code[name]).toSorted(), codes.toSorted())
})

for (const [name, onSubmit, onPoll] of table) {
  test(`${name} from the Core: ${onSubmit} on submit, ${onPoll} on poll`, () => {
    const ending = { by: 'core', code: Code[name] } as const
    assert.equal(word(codeToFault('submit', ending)), onSubmit)
    assert.equal(word(codeToFault('poll', ending)), onPoll)
  })
}

test('without a status from the Core the code says nothing', () => {
  for (const code of codes) {
    assert.equal(word(codeToFault('submit', { by: 'network', code })), 'CORE_UNAVAILABLE')
    assert.equal(word(codeToFault('poll', { by: 'network', code })), 'keep-polling')
    assert.equal(word(codeToFault('submit', { by: 'answer', code })), 'CORE_ANSWER_INVALID')
    assert.equal(word(codeToFault('poll', { by: 'answer', code })), 'CORE_ANSWER_INVALID')
    assert.equal(word(codeToFault('submit', { by: 'request', code })), 'CORE_REFUSED')
  }
})
