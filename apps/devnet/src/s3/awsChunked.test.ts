import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAwsChunked } from './awsChunked.ts'
import { S3Error } from './s3Error.ts'

test('joins the chunks and reads the trailers', () => {
  const { body, trailers } = decodeAwsChunked(
    Buffer.from('3\r\nabc\r\nA\r\n0123\r\n6789\r\n0\r\nX-Amz-Checksum-Crc32: AAAAAA==\r\n\r\n'),
  )
  assert.equal(body.toString(), 'abc0123\r\n6789')
  assert.equal(trailers.get('x-amz-checksum-crc32'), 'AAAAAA==')
})

test('chunk extensions and an empty body are fine', () => {
  assert.equal(
    decodeAwsChunked(Buffer.from('2;chunk-signature=00\r\nhi\r\n0;chunk-signature=00\r\n\r\n')).body.toString(),
    'hi',
  )
  assert.equal(decodeAwsChunked(Buffer.from('0\r\n\r\n')).body.length, 0)
})

for (const broken of [
  '',
  'abc',
  '3\r\nab',
  '3\r\nabcd\r\n0\r\n\r\n',
  'zz\r\n',
  '-1\r\n',
  '3\r\nabc\r\n',
  'ffffffffff\r\n',
]) {
  test(`refuses ${JSON.stringify(broken)}`, () => {
    assert.throws(
      () => decodeAwsChunked(Buffer.from(broken)),
      (fault: unknown) => fault instanceof S3Error && fault.code === 'IncompleteBody',
    )
  })
}
