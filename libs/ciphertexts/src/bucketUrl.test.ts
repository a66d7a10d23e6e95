import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import fc from 'fast-check'
import { type BucketUrl, objectUrl, parseBucketUrl } from './bucketUrl.ts'

function parsed(text: string): BucketUrl {
  const result = parseBucketUrl(text)
  if (result instanceof ConnectorError) throw result
  return result
}

const FORMS: readonly [url: string, endpoint: string, bucket: string, region: string | undefined, object: string][] = [
  [
    'https://ct128.s3.eu-west-1.amazonaws.com',
    'https://s3.eu-west-1.amazonaws.com',
    'ct128',
    'eu-west-1',
    'https://ct128.s3.eu-west-1.amazonaws.com/k',
  ],
  [
    'https://my.ct.s3.us-east-1.amazonaws.com/',
    'https://s3.us-east-1.amazonaws.com',
    'my.ct',
    'us-east-1',
    'https://my.ct.s3.us-east-1.amazonaws.com/k',
  ],
  [
    'https://ct.s3-eu-west-3.amazonaws.com',
    'https://s3-eu-west-3.amazonaws.com',
    'ct',
    'eu-west-3',
    'https://ct.s3-eu-west-3.amazonaws.com/k',
  ],
  [
    'https://ct.s3.dualstack.us-gov-west-1.amazonaws.com',
    'https://s3.dualstack.us-gov-west-1.amazonaws.com',
    'ct',
    'us-gov-west-1',
    'https://ct.s3.dualstack.us-gov-west-1.amazonaws.com/k',
  ],
  ['https://ct.s3.amazonaws.com', 'https://s3.amazonaws.com', 'ct', undefined, 'https://ct.s3.amazonaws.com/k'],
  [
    'https://ct.s3.cn-north-1.amazonaws.com.cn',
    'https://s3.cn-north-1.amazonaws.com.cn',
    'ct',
    'cn-north-1',
    'https://ct.s3.cn-north-1.amazonaws.com.cn/k',
  ],
  [
    'https://s3.eu-west-1.amazonaws.com/ct128',
    'https://s3.eu-west-1.amazonaws.com',
    'ct128',
    'eu-west-1',
    'https://s3.eu-west-1.amazonaws.com/ct128/k',
  ],
  [
    'https://custom-endpoint.com/s3/eu-west-1/ct128',
    'https://custom-endpoint.com/s3/eu-west-1',
    'ct128',
    'eu-west-1',
    'https://custom-endpoint.com/s3/eu-west-1/ct128/k',
  ],
  [
    'https://custom-endpoint.com/s3/garage/ct128',
    'https://custom-endpoint.com/s3/garage',
    'ct128',
    'garage',
    'https://custom-endpoint.com/s3/garage/ct128/k',
  ],
  ['http://localhost:9000/ct128', 'http://localhost:9000', 'ct128', undefined, 'http://localhost:9000/ct128/k'],
  ['http://minio:9000/ct128', 'http://minio:9000', 'ct128', undefined, 'http://minio:9000/ct128/k'],
  ['http://[::1]:9000/ct128', 'http://[::1]:9000', 'ct128', undefined, 'http://[::1]:9000/ct128/k'],
  ['https://endpoint:9000/bucket/', 'https://endpoint:9000', 'bucket', undefined, 'https://endpoint:9000/bucket/k'],
  ['https://endpoint:9000//bucket///', 'https://endpoint:9000', 'bucket', undefined, 'https://endpoint:9000/bucket/k'],
  [
    '  HTTPS://Endpoint.Example/bucket  ',
    'https://endpoint.example',
    'bucket',
    undefined,
    'https://endpoint.example/bucket/k',
  ],
  [
    'https://ciphertexts.example.org',
    'https://ciphertexts.example.org',
    'ciphertexts.example.org',
    undefined,
    'https://ciphertexts.example.org/k',
  ],
]

for (const [url, endpoint, bucket, region, object] of FORMS) {
  test(`reads ${url.trim()}`, () => {
    const result = parsed(url)
    assert.deepEqual([result.endpoint, result.bucket, result.region], [endpoint, bucket, region])
    assert.equal(objectUrl(result, 'k'), object)
  })
}

const REFUSED: readonly [url: string, why: RegExp][] = [
  ['', /empty/],
  ['   ', /empty/],
  ['s3://ct128', /register the https:\/\/ URL/],
  ['S3://ct128/x', /names no host/],
  ['ct128', /no URL/],
  ['https://', /no URL/],
  ['http://host:99999/b', /no URL/],
  ['ftp://host/bucket', /scheme ftp:/],
  ['file:///etc/passwd', /scheme file:/],
  ['javascript:alert(1)', /scheme/],
  ['https://user:secret@host.example/bucket', /carries credentials/],
  ['https://host.example/bucket?X-Amz-Signature=secret', /query or a fragment/],
  ['https://host.example/bucket#part', /query or a fragment/],
  ['https://s3.eu-west-1.amazonaws.com', /names no bucket/],
  ['http://localhost:9000/', /names no bucket/],
  ['http://127.0.0.1:9000', /names no bucket/],
  ['http://[::1]:9000', /names no bucket/],
  ['http://host/%00bucket', /bucket name/],
  ['http://host/a b', /bucket name/],
  ['http://169.254.169.254/latest', /link-local/],
  ['http://169.254.169.254./latest', /link-local/],
  ['http://0xa9fea9fe/latest', /link-local/],
  ['http://2852039166/latest', /link-local/],
  ['http://[::ffff:169.254.169.254]/latest', /link-local/],
  ['http://[fe80::1]/b', /link-local/],
  ['http://[fd00:ec2::254]/b', /link-local/],
  ['http://metadata.google.internal/computeMetadata', /link-local/],
  [`https://host.example/${'x'.repeat(3000)}`, /no text of up to/],
]

for (const [url, why] of REFUSED) {
  test(`refuses ${url.slice(0, 60) || 'an empty text'}`, () => {
    const result = parseBucketUrl(url)
    assert.ok(result instanceof ConnectorError)
    assert.equal(result.code, 'BUCKET_URL_INVALID')
    assert.match(result.message, why)
    assert.doesNotMatch(result.message, /secret/)
  })
}

test('link-local addresses are accepted on request', () => {
  assert.ok(!(parseBucketUrl('http://169.254.1.1/bucket', { allowLinkLocal: true }) instanceof ConnectorError))
})

test('a key keeps its slashes and nothing else', () => {
  assert.equal(objectUrl(parsed('http://h/b'), 'ct128/0a?/1'), 'http://h/b/ct128/0a%3F/1')
})

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(
      fc.constantFrom('http://', 'https://', 's3://', '//'),
      fc.string(),
      fc.constantFrom('', '/', '//'),
      fc.string(),
    )
    .map(parts => parts.join('')),
)

test('any text gives a bucket or BUCKET_URL_INVALID, and a bucket only ever leads to its own host', () => {
  fc.assert(
    fc.property(
      anyText,
      fc.string({ unit: 'grapheme' }).filter(key => key.isWellFormed()),
      (text, key) => {
        const result = parseBucketUrl(text)
        if (result instanceof ConnectorError) {
          assert.equal(result.code, 'BUCKET_URL_INVALID')
          return
        }
        const object = new URL(objectUrl(result, key))
        assert.equal(object.origin, new URL(text).origin)
        assert.equal(object.search + object.hash, '')
        if (result.addressing === 'path') assert.equal(result.base, `${result.endpoint}/${result.bucket}`)
        assert.deepEqual(parseBucketUrl(result.base), result)
      },
    ),
    { numRuns: 500 },
  )
})
