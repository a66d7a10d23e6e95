import assert from 'node:assert/strict'
import { test } from 'node:test'
import { S3Error } from './s3Error.ts'
import { verifySignature } from './signatureV4.ts'

// The worked example "GET Object" of the S3 API reference on Signature Version 4.
const CREDENTIALS = [
  { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
]
const NOW = Date.parse('2013-05-24T00:00:00Z')
const EXAMPLE = {
  method: 'GET',
  rawPath: '/test.txt',
  rawQuery: '',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-amz-date': '20130524T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
}
const { authorization } = EXAMPLE.headers

test('accepts the published example', () => verifySignature(EXAMPLE, CREDENTIALS, NOW))

const withHeaders = (headers: Record<string, string>) => ({ ...EXAMPLE, headers: { ...EXAMPLE.headers, ...headers } })
const REFUSED: readonly [what: string, request: typeof EXAMPLE, now: number, code: string][] = [
  ['another path', { ...EXAMPLE, rawPath: '/test2.txt' }, NOW, 'SignatureDoesNotMatch'],
  ['another query', { ...EXAMPLE, rawQuery: 'acl' }, NOW, 'SignatureDoesNotMatch'],
  ['another method', { ...EXAMPLE, method: 'PUT' }, NOW, 'SignatureDoesNotMatch'],
  ['another signed header', withHeaders({ range: 'bytes=0-8' }), NOW, 'SignatureDoesNotMatch'],
  ['an unknown key', withHeaders({ authorization: authorization.replace('AKIA', 'BKIA') }), NOW, 'InvalidAccessKeyId'],
  ['no header at all', withHeaders({ authorization: '' }), NOW, 'AuthorizationHeaderMalformed'],
  [
    'host left unsigned',
    withHeaders({ authorization: authorization.replace('=host;', '=') }),
    NOW,
    'AuthorizationHeaderMalformed',
  ],
  [
    'a day that is not the time',
    withHeaders({ 'x-amz-date': '20130525T000000Z' }),
    NOW,
    'AuthorizationHeaderMalformed',
  ],
  ['an old signature', EXAMPLE, NOW + 16 * 60_000, 'RequestTimeTooSkewed'],
]

for (const [what, request, now, code] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => verifySignature(request, CREDENTIALS, now),
      (fault: unknown) => fault instanceof S3Error && fault.code === code,
    )
  })
}
