import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { after, before, test } from 'node:test'
import { RpcPool } from '@kms-connector/gateway'
import { createLogger, createMetrics, NO_TRACING } from '@kms-connector/service-kit'
import { KeyValue, SENDER_LEASE_BUCKET, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { privateKeyWallet } from '@kms-connector/wallet'
import { Balance } from '../../apps/tx-sender/src/balance.ts'
import { FeeQuote } from '../../apps/tx-sender/src/fees.ts'
import { LearnedGas } from '../../apps/tx-sender/src/learnedGas.ts'
import { Lease, leaseTimes } from '../../apps/tx-sender/src/lease.ts'
import { Ledger } from '../../apps/tx-sender/src/ledger.ts'
import { senderMetrics } from '../../apps/tx-sender/src/metrics.ts'
import { Role } from '../../apps/tx-sender/src/role.ts'
import type { SenderPolicy } from '../../apps/tx-sender/src/senderState.ts'
import { SendingEndpoint } from '../../apps/tx-sender/src/sendingEndpoint.ts'
import { beginTerm, serveTerms, type TermDependencies } from '../../apps/tx-sender/src/terms.ts'
import { timingsOf } from '../../apps/tx-sender/src/timings.ts'
import { GATEWAY_CHAIN, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { prepareGateway, SenderBench, table, until, WALLET_KEY } from './senderBench.ts'

const TERMS = 3

const policy: SenderPolicy = {
  ...timingsOf('none', { sendAhead: undefined, resendAfterMs: 1_000, stallAfterMs: undefined, burnAfterMs: undefined }),
  window: 4,
  prepareAhead: 4,
  commitBatch: 4,
  confirmations: 1,
  checkpointEveryMs: 100,
  lostAfterChecks: 30,
  parkPauseMs: 300,
}

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const logger = createLogger({ service: 'test', version: '0', level: 'fatal', secrets: [] })

/** Everything of a process that stays the same from term to term. */
async function dependencies({ broker }: SenderBench, lease: Lease): Promise<TermDependencies> {
  const urls = [gateway.rpcUrl]
  const pool = new RpcPool({ urls, chainId: GATEWAY_CHAIN, timeoutMs: 5_000, limits: { maxLag: 100 } })
  await pool.probe()
  const wallet = privateKeyWallet(WALLET_KEY)
  return {
    endpoint: new SendingEndpoint(pool, logger),
    broker,
    table,
    wallet,
    chainId: GATEWAY_CHAIN,
    addressOf: () => gateway.gateway.decryption,
    ledger: new Ledger(new KeyValue(broker, TX_SLOTS_BUCKET)),
    lease,
    fees: new FeeQuote(pool, { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 0n, quoteForMs: 2_000 }),
    balance: new Balance(wallet.address),
    learned: new LearnedGas(),
    policy,
    budget: { attempts: 20, ageMs: 1_000 },
    receiptPollingMs: 100,
    inboxSize: 16,
    tracing: NO_TRACING,
    metrics: senderMetrics(createMetrics({ name: 'tx-sender', version: '0', build: '' })),
    logger,
  }
}

test('terms that are over leave nothing behind at the signal of their process', async () => {
  await using bench = await SenderBench.start(gateway)
  const lease = new Lease(new KeyValue(bench.broker, SENDER_LEASE_BUCKET), leaseTimes(bench.leaseMs), logger)
  const deps = await dependencies(bench, lease)
  const { metrics } = deps
  const [role, stop] = [new Role(lease), new AbortController()]
  const listeners: number[] = []
  const begin = (lost: AbortSignal) => beginTerm(deps, lost)
  const serving = serveTerms({ role, lease, metrics, logger, signal: stop.signal, graceMs: 1_000, begin })
  for (let term = 0; term < TERMS; term++) {
    const ids = await bench.request(1)
    await bench.respond(ids)
    await bench.outcomes(ids)
    listeners.push(getEventListeners(stop.signal, 'abort').length)
    const over = role.sender
    await bench.freeLease()
    await until('the next term', () => role.sender !== undefined && role.sender !== over)
  }
  stop.abort()
  await serving
  assert.equal(new Set(listeners).size, 1, `listeners in each term: ${listeners.join(' ')}`)
})
