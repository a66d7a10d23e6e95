import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AwsKmsKey, checkAwsKmsKey } from './awsKmsKey.ts'

const ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const ARN = `arn:aws:kms:eu-west-1:111122223333:key/${ID}`

for (const [key, region] of [
  [{ keyId: ID }, undefined],
  [{ keyId: ID, region: 'us-east-1' }, 'us-east-1'],
  [{ keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' }, undefined],
  [{ keyId: 'alias/kms-connector' }, undefined],
  [{ keyId: ARN }, 'eu-west-1'],
  [{ keyId: ARN, region: 'eu-west-1' }, 'eu-west-1'],
  [{ keyId: 'arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a' }, 'us-gov-west-1'],
  [{ keyId: ID, endpoint: 'http://localhost:4566' }, undefined],
] as const) {
  test(`the region of ${JSON.stringify(key)}`, () => assert.equal(checkAwsKmsKey(key).region, region))
}

const PRIVATE_KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
for (const [key, message] of [
  [{ keyId: '' }, /no key id/],
  [{ keyId: 'two words' }, /no key id/],
  [{ keyId: `0x${PRIVATE_KEY}` }, /no key id/],
  [{ keyId: 'arn:aws:s3:::bucket' }, /no ARN of a key/],
  [{ keyId: ARN, region: 'us-east-1' }, /in eu-west-1, the configured region is us-east-1/],
  [{ keyId: ID, region: 'Ireland' }, /no name of a region/],
  [{ keyId: ID, endpoint: 'localhost' }, /no http or https URL/],
  [{ keyId: ID, endpoint: 'ftp://localhost' }, /no http or https URL/],
  [{ keyId: ID, endpoint: 'http://me:hunter2@localhost' }, /user name or password/],
] satisfies readonly (readonly [AwsKmsKey, RegExp])[]) {
  test(`refuses: ${message.source}, ${JSON.stringify(key).length}`, () => {
    assert.throws(
      () => checkAwsKmsKey(key),
      (fault: Error) => message.test(fault.message) && !/ac0974|hunter2/.test(fault.message),
    )
  })
}
