import { KeyValue, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { Ledger } from '@kms-connector/tx-sender'
import { BARE_SLOTS } from '../bare/bareConfig.ts'
import type { Stage } from './stage.ts'

const LANES = 64
/** A signed transaction of a public decryption has about as many bytes. */
const RAW = `0x${'02'.repeat(530)}` as const
const HASH = `0x${'ab'.repeat(32)}` as const
/** Nonces of another process do not reach as far. */
const NONCES_A_PROCESS = 10_000_000

/** From signed bytes to a nonce that belongs to them. */
export const storeSlots: Stage = {
  name: 'store slot',
  sides: {
    async bound(setup) {
      const jetstream = (await setup.nats()).jetstream()
      let nonce = process.pid * NONCES_A_PROCESS
      return {
        lanes: LANES,
        async step() {
          const id = setup.nextId()
          const body = JSON.stringify({ id, seq: ++nonce, raw: RAW, hash: HASH })
          // What `create` of the library does, without its second try.
          const first = { expect: { lastSubjectSequence: 0 } }
          await jetstream.publish(`$KV.${BARE_SLOTS}.slot.${nonce}`, Buffer.from(body), first)
          return 1
        },
      }
    },
    async achieved(setup) {
      const ledger = new Ledger(new KeyValue(await setup.broker(), TX_SLOTS_BUCKET))
      const { signal } = new AbortController()
      const { name: operation } = setup.operation
      let nonce = process.pid * NONCES_A_PROCESS
      return {
        lanes: LANES,
        async step() {
          const attempt = { hash: HASH, raw: RAW, gas: 400_000n, maxFeePerGas: 1n, signedAt: Date.now() }
          const record = {
            nonce: ++nonce,
            responseSeq: nonce,
            operation,
            id: setup.nextId(),
            attempts: [attempt] as const,
          }
          await ledger.allocate(record, signal)
          return 1
        },
      }
    },
  },
}
