import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { test } from 'node:test'
import { isLinkLocalAddress } from './addressRules.ts'
import { ConnectorError } from './connectorError.ts'
import { guardedLookup } from './guardedLookup.ts'

const refusal = (name: string) => new ConnectorError('BUCKET_URL_INVALID', name)

const ANSWERS: readonly [address: string | LookupAddress[], refused: boolean][] = [
  ['10.1.2.3', false],
  ['169.254.169.254', true],
  [
    [
      { address: '10.1.2.3', family: 4 },
      { address: '::1', family: 6 },
    ],
    false,
  ],
  [
    [
      { address: '10.1.2.3', family: 4 },
      { address: 'fe80::1', family: 6 },
    ],
    true,
  ],
  [[], false],
]

for (const [address, refused] of ANSWERS) {
  test(`a name with ${JSON.stringify(address)} is ${refused ? 'refused' : 'passed on'}`, () => {
    const lookup = guardedLookup((_host, _options, callback) => callback(null, address, 4), isLinkLocalAddress, refusal)
    lookup('bucket.example', {}, (fault, resolved) => {
      assert.equal(fault instanceof ConnectorError && fault.code === 'BUCKET_URL_INVALID', refused)
      if (!refused) assert.deepEqual([fault, resolved], [null, address])
    })
  })
}

test('a name that does not resolve keeps its fault', () => {
  const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
  const lookup = guardedLookup((_host, _options, callback) => callback(unknown, []), isLinkLocalAddress, refusal)
  lookup('bucket.example', {}, fault => assert.equal(fault, unknown))
})
