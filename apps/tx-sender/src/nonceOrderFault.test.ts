import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NonceFacts, nonceOrderFault } from './nonceOrderFault.ts'

const facts: NonceFacts = {
  latest: 5,
  pending: 9,
  open: new Map([
    [5, 'answer'],
    [7, 'burn'],
  ]),
}

const cases: readonly (readonly ['burn' | 'adopt', number, RegExp | undefined])[] = [
  ['burn', 4, /nonce 4 is final/],
  ['burn', 5, undefined],
  ['burn', 6, undefined],
  ['burn', 7, /being burned already/],
  ['burn', 8, undefined],
  ['burn', 9, /would leave a gap: the next one is 8/],
  ['adopt', 4, /nonce 4 is final/],
  ['adopt', 5, undefined],
  ['adopt', 9, undefined],
  ['adopt', 10, /answers would wait for ever, 9 is the most/],
]

for (const [action, nonce, fault] of cases) {
  test(`F22 operator: ${action} ${nonce} is ${fault ? 'refused' : 'allowed'}`, () => {
    const found = nonceOrderFault({ action, nonce }, facts)
    if (fault) assert.match(found ?? '', fault)
    else assert.equal(found, undefined)
  })
}

test('F22 operator: without slots the next nonce is that of the chain', () => {
  const idle: NonceFacts = { latest: 5, pending: 5, open: new Map() }
  assert.equal(nonceOrderFault({ action: 'burn', nonce: 5 }, idle), undefined)
  assert.match(nonceOrderFault({ action: 'burn', nonce: 6 }, idle) ?? '', /gap/)
})
