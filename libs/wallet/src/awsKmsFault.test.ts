import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAwsKmsFault } from './awsKmsFault.ts'

const named = (name: string, message: string, fields: object = {}) =>
  Object.assign(new Error(message), { name }, fields)
const answered = (name: string, httpStatusCode: number, message = 'text') =>
  named(name, message, { $metadata: { httpStatusCode } })

for (const [fault, transient, text] of [
  [answered('ThrottlingException', 400, 'Rate exceeded'), true, 'ThrottlingException (HTTP 400)'],
  [answered('KMSInternalException', 500), true, 'KMSInternalException (HTTP 500)'],
  [answered('Anything', 503), true, 'Anything (HTTP 503)'],
  [answered('Anything', 429), true, 'Anything (HTTP 429)'],
  [answered('Anything', 403), false, 'Anything (HTTP 403)'],
  [
    answered('NotFoundException', 400, 'Key x does\n not exist'),
    false,
    'NotFoundException (HTTP 400): Key x does not exist',
  ],
  [
    answered('AccessDeniedException', 400, 'x'.repeat(1000)),
    false,
    `AccessDeniedException (HTTP 400): ${'x'.repeat(300)}`,
  ],
  [answered('InvalidSignatureException', 400, 'token'), false, 'InvalidSignatureException (HTTP 400)'],
  [answered('a name\nwith lines', 400), false, 'unknown (HTTP 400)'],
  [
    named('InvalidSignatureException', '', { $metadata: { httpStatusCode: 400, clockSkewCorrected: true } }),
    true,
    undefined,
  ],
  [named('TimeoutError', 'slow'), true, 'TimeoutError'],
  [named('Error', 'connect', { code: 'ECONNREFUSED' }), true, 'ECONNREFUSED'],
  [named('SyntaxError', 'Unexpected token <', { $metadata: { httpStatusCode: 200 } }), true, 'SyntaxError (HTTP 200)'],
  [named('CredentialsProviderError', 'secret of a profile'), false, /^no AWS credentials were found/],
  ['a text', true, 'the call failed without an error'],
  [undefined, true, 'the call failed without an error'],
] as const) {
  test(`${fault instanceof Error ? `${fault.name}: ${fault.message.slice(0, 30)}` : fault} ${transient ? 'passes' : 'stays'}`, () => {
    const read = readAwsKmsFault(fault)
    assert.equal(read.transient, transient)
    if (typeof text === 'string') assert.equal(read.text, text)
    if (text instanceof RegExp) assert.match(read.text, text)
  })
}
