import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '@kms-connector/service-kit'
import { senderMetrics } from './metrics.ts'
import { forgetSlots, headSlotAgeSeconds } from './showSlots.ts'

type Slots = Parameters<typeof headSlotAgeSeconds>[0]

/** CAST: the age needs no more of a slot than its nonce and when it was signed first. */
const slots = (...rows: readonly (readonly [nonce: number, ...signedAt: readonly number[]])[]) =>
  rows.map(([nonce, ...times]) => ({
    record: { nonce, attempts: times.map(signedAt => ({ signedAt })) },
  })) as unknown as Slots // CAST: as said above

const cases: readonly (readonly [what: string, open: Slots, seconds: number])[] = [
  ['nothing open', slots(), 0],
  ['one', slots([7, 4_000]), 6],
  ['the lowest nonce counts, wherever it stands', slots([8, 1_000], [7, 9_000], [9, 2_000]), 1],
  ['a replacement makes it no younger', slots([7, 1_000, 9_000]), 9],
  ['a clock that went back', slots([7, 11_000]), 0],
]

for (const [what, open, seconds] of cases) {
  test(`age of the head slot: ${what}`, () => assert.equal(headSlotAgeSeconds(open, 10_000), seconds))
}

test('a sender that stands by shows no stuck transaction', async () => {
  const registry = createMetrics({ name: 'x', version: '', build: '' })
  const metrics = senderMetrics(registry)
  metrics.headSlotAge.set(400)
  metrics.parked.set({ code: 'WALLET_EMPTY' }, 1)
  metrics.nextNonce.set(5)
  forgetSlots(metrics)
  const text = await registry.registry.metrics()
  assert.match(text, /^kms_connector_sender_head_slot_age_seconds 0$/m)
  assert.doesNotMatch(text, /^kms_connector_sender_(parked_state\{|next_nonce_number)/m)
})
