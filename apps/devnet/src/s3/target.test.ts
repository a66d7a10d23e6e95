import assert from 'node:assert/strict'
import { test } from 'node:test'
import { S3Error } from './s3Error.ts'
import { targetOf } from './target.ts'

const TARGETS: readonly [url: string, host: string, bucket: string, key: string][] = [
  ['/', '127.0.0.1:9000', '', ''],
  ['/ct128', '127.0.0.1:9000', 'ct128', ''],
  ['/ct128/', 'localhost', 'ct128', ''],
  ['/ct128/a/b%20c?x-id=GetObject', 'minio:9000', 'ct128', 'a/b c'],
  ['/a/b', 'ct128.localhost:9000', 'ct128', 'a/b'],
  ['/a', 'ct128.127.0.0.1:9000', 'ct128', 'a'],
  ['/a', 'my.ct.s3.eu-west-1.amazonaws.com', 'my.ct', 'a'],
  ['/ct/a', 's3.eu-west-1.amazonaws.com', 'ct', 'a'],
  ['/ct/a', 's3.localhost:9000', 'ct', 'a'],
  ['/a', 'ct.s3.localhost:9000', 'ct', 'a'],
]

for (const [url, host, bucket, key] of TARGETS) {
  test(`${host}${url} is "${key}" in "${bucket}"`, () => {
    const target = targetOf(url, host)
    assert.deepEqual([target.bucket, target.key], [bucket, key])
  })
}

test('broken percent-encoding is refused', () => {
  assert.throws(() => targetOf('/b/%zz', 'localhost'), S3Error)
})
