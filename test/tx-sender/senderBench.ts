import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  decodeOutcome,
  encodeResponse,
  type Hex,
  OPERATIONS_V0_11,
  OperationTable,
  type Outcome,
  type RequestId,
  requestIdOf,
  requestIdValue,
} from '@kms-connector/protocol'
import {
  type Broker,
  connectBroker,
  DEFAULT_TOPOLOGY,
  drainBroker,
  KeyValue,
  type KeyValueEntry,
  newestMessage,
  OUTCOMES,
  outcomeSubject,
  provision,
  publishOnce,
  responseSubject,
  SENDER_BUCKET,
  SENDER_LEASE_BUCKET,
  TX_SLOTS_BUCKET,
  topologyOf,
} from '@kms-connector/streams'
import { numberToHex } from 'viem'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { devKey } from '../../apps/devnet/src/chain/index.ts'
import { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { LEASE_KEY } from '../../apps/tx-sender/src/lease.ts'
import { decodeSlot, type SlotRecord } from '../../apps/tx-sender/src/slot.ts'
import {
  addressOf,
  GATEWAY_CHAIN,
  handleOf,
  registerHandles,
  signAnswer,
  type TestGateway,
} from '../contracts/testGateway.ts'

const MAIN = fileURLToPath(new URL('../../apps/tx-sender/src/main.ts', import.meta.url))
/** Longer than a sender with an empty ledger leaves nonces alone that seem to wait at the node. */
const PATIENCE_MS = 150_000
/** A killed sender keeps the next one waiting for as long. */
const LEASE_MS = 3_000
/** Ciphertexts of every request of these tests. */
export const HANDLES = [handleOf(1)]

export const table = new OperationTable(OPERATIONS_V0_11)
export const publicDecryption = table.named('public-decryption')
/** Wallet of node 0 of the test Gateway. */
export const WALLET_KEY = devKey(5)
export const RESULT = numberToHex(42n, { size: 32 })

/** Makes the handle of all test requests known to the Gateway, once. */
export function prepareGateway(gateway: TestGateway): Promise<void> {
  return registerHandles(gateway, HANDLES)
}

/** Asks a condition until it holds. */
export async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${PATIENCE_MS} ms: ${what}`)
    await pause(25)
  }
}

/** A broker of its own, and senders as processes between it and a shared Gateway. */
export class SenderBench implements AsyncDisposable {
  readonly gateway: TestGateway
  readonly nats: NatsServer
  readonly broker: Broker
  /** Age at which the lease of a killed sender is gone. */
  readonly leaseMs: number
  readonly #dir: string
  readonly #senders: ServiceProcess[] = []

  private constructor(gateway: TestGateway, nats: NatsServer, broker: Broker, dir: string, leaseMs: number) {
    this.leaseMs = leaseMs
    this.gateway = gateway
    this.nats = nats
    this.broker = broker
    this.#dir = dir
  }

  static async start(gateway: TestGateway, leaseMs = LEASE_MS): Promise<SenderBench> {
    const nats = await startNatsServer()
    try {
      const broker = await connectBroker({ servers: [nats.url], name: 'test' })
      const ages = { ...DEFAULT_TOPOLOGY.ages, senderLease: leaseMs }
      await provision(broker, topologyOf(table.all, { ...DEFAULT_TOPOLOGY, ages }))
      return new SenderBench(gateway, nats, broker, await mkdtemp(join(tmpdir(), 'kms-connector-sender-')), leaseMs)
    } catch (fault) {
      await nats.stop()
      throw fault
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#senders.map(sender => sender.kill('SIGKILL')))
    await drainBroker(this.broker, 1_000)
    await this.nats.stop()
    await rm(this.#dir, { recursive: true, force: true })
  }

  get wallet() {
    return addressOf(WALLET_KEY)
  }

  /** Starts a sender and waits until it is alive; it need not be ready. Undefined takes a setting of the bench away. */
  async sender(settings: Readonly<Record<string, string | undefined>> = {}): Promise<ServiceProcess> {
    return (await this.spawn(settings)).ready()
  }

  /** Starts a sender that may not come up. */
  async spawn(settings: Readonly<Record<string, string | undefined>> = {}): Promise<ServiceProcess> {
    const { gateway, rpcUrl } = this.gateway
    const variables: Readonly<Record<string, string | undefined>> = {
      NATS_URL: this.nats.url,
      MONITORING_ENDPOINT: '127.0.0.1:0',
      GATEWAY_URL: rpcUrl,
      GATEWAY_CHAIN_ID: String(GATEWAY_CHAIN),
      DECRYPTION_CONTRACT__ADDRESS: gateway.decryption,
      KMS_GENERATION_CONTRACT__ADDRESS: gateway.kmsGeneration,
      PRIVATE_KEY: WALLET_KEY,
      PARK_PAUSE: '300ms',
      RESEND_AFTER: '1s',
      STREAMS__SENDER_LEASE_AGE: `${this.leaseMs}ms`,
      ...settings,
    }
    const sender = await ServiceProcess.spawn({
      name: 'tx-sender',
      entry: MAIN,
      args: ['start'],
      env: Object.fromEntries(
        Object.entries(variables).flatMap(([name, value]) =>
          value === undefined ? [] : [[`KMS_CONNECTOR_${name}`, value]],
        ),
      ),
      logFile: join(this.#dir, `sender-${this.#senders.length}.log`),
      urlOf: line => /"monitoring_url":"([^"]+)"/.exec(line)?.[1],
      readyPage: '/livez',
    })
    this.#senders.push(sender)
    return sender
  }

  /** Requests public decryptions. */
  async request(count: number): Promise<RequestId[]> {
    const placed = Array.from({ length: count }, () =>
      this.gateway.relayer.requestPublicDecryption({ handles: HANDLES }),
    )
    return (await Promise.all(placed)).map(({ id }) => id)
  }

  async requestOne(): Promise<RequestId> {
    return (await this.gateway.relayer.requestPublicDecryption({ handles: HANDLES })).id
  }

  /** A signature that the contract accepts; it covers the ciphertexts and the result, not the id. */
  sign(decryptedResult: Hex = RESULT): Promise<Hex> {
    const message = { ctHandles: HANDLES, decryptedResult, extraData: '0x00' }
    return signAnswer(this.gateway, this.gateway.node(0).signer, 'PublicDecryptVerification', message)
  }

  /** Publishes answers as a worker does. */
  async respond(ids: readonly RequestId[], signature?: Hex): Promise<void> {
    const answer = { decryptedResult: RESULT, signature: signature ?? (await this.sign()), extraData: '0x00' }
    await Promise.all(ids.map(id => this.publish('public-decryption', id, answer)))
  }

  async publish(operationName: string, id: RequestId, answer: unknown): Promise<void> {
    const operation = table.named(operationName)
    const hash = `0x${'11'.repeat(32)}` as const
    const origin = { chainId: GATEWAY_CHAIN, blockNumber: 1, blockHash: hash, transactionHash: hash, logIndex: 0 }
    const body = encodeResponse({ operation, id, origin, answer, answeredAt: Date.now() })
    assert.equal(await publishOnce(this.broker, responseSubject(operation, id), body, { msgId: id }), 'stored')
  }

  async outcome(id: RequestId, operation = publicDecryption): Promise<Outcome | undefined> {
    const stored = await newestMessage(this.broker, OUTCOMES, outcomeSubject(operation, id))
    return stored && decodeOutcome(stored.body)
  }

  /** Waits until every one of these requests has ended. */
  async outcomes(ids: readonly RequestId[], operation = publicDecryption): Promise<Outcome[]> {
    await until(`${ids.length} outcomes`, async () => {
      // A broker that is down has no answer.
      const state = await this.broker.manager.streams.info(OUTCOMES).then(
        info => info.state,
        () => undefined,
      )
      if (!state) return false
      return (
        state.messages >= ids.length && (await Promise.all(ids.map(id => this.outcome(id, operation)))).every(Boolean)
      )
    })
    return (await Promise.all(ids.map(id => this.outcome(id, operation)))).filter(outcome => outcome !== undefined)
  }

  /** How many answers of our wallet each request has on chain. */
  async votes(ids: readonly RequestId[]): Promise<number[]> {
    const watch = this.gateway.relayer.watchAnswers()
    await watch.poll()
    const ours = (id: RequestId) => watch.publicVotes.get(id)?.filter(vote => vote.kmsTxSender === this.wallet) ?? []
    return ids.map(id => ours(id).length)
  }

  /** Transactions of our wallet that are mined, whatever they did. */
  nonce(): Promise<number> {
    return this.gateway.node(0).wallet.client.getTransactionCount({ address: this.wallet, blockTag: 'latest' })
  }

  /** Keys of slots that the ledger holds. */
  ledger(): Promise<readonly string[]> {
    return new KeyValue(this.broker, TX_SLOTS_BUCKET).keys('slot')
  }

  /** What the ledger holds for a nonce. */
  async slot(nonce: number): Promise<SlotRecord | undefined> {
    const entry = await new KeyValue(this.broker, TX_SLOTS_BUCKET).get(`slot.${nonce}`)
    return entry && decodeSlot(entry.value)
  }

  /** Removes the lease of a sender that was killed, so that the next one need not wait until it is gone. */
  freeLease(): Promise<void> {
    return new KeyValue(this.broker, SENDER_LEASE_BUCKET).purge(LEASE_KEY)
  }

  checkpoint(): Promise<KeyValueEntry | undefined> {
    return new KeyValue(this.broker, SENDER_BUCKET).get('checkpoint')
  }

  /** Up to where everything is settled, as it is stored. */
  async checkpointSeq(): Promise<number | undefined> {
    const entry = await this.checkpoint()
    return entry && JSON.parse(Buffer.from(entry.value).toString()).seq
  }

  /** Writes the checkpoint as another sender would. */
  async moveCheckpoint(): Promise<void> {
    const entry = await this.checkpoint()
    assert.ok(entry)
    const { kind } = await new KeyValue(this.broker, SENDER_BUCKET).update('checkpoint', entry.value, entry.revision)
    assert.equal(kind, 'written')
  }

  /**
   * Every answer is on chain once, told so in its outcome, and no nonce was left open.
   * @param gaps `filled`: a sender that died between two slots may have left a nonce that an empty transaction fills; without
   *   it no nonce may be spent on anything but an answer
   */
  async expectAllConfirmed(ids: readonly RequestId[], firstNonce: number, gaps?: 'filled'): Promise<void> {
    const outcomes = await this.outcomes(ids)
    assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']))
    assert.deepEqual(new Set(await this.votes(ids)), new Set([1]))
    const next = await this.nonce()
    if (gaps === undefined) assert.equal(next, firstNonce + ids.length)
    const nonces = outcomes.map(({ nonce }) => nonce ?? -1).sort((a, b) => a - b)
    if (gaps === 'filled') {
      assert.equal(new Set(nonces).size, ids.length)
      assert.ok(nonces.every(nonce => nonce >= firstNonce && nonce < next))
      await until('an empty ledger', async () => (await this.ledger()).length === 0)
      return
    }
    assert.deepEqual(
      nonces,
      Array.from(ids, (_, i) => firstNonce + i),
    )
  }

  /** A JSON-RPC question to the chain itself. */
  async rpc(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(this.gateway.rpcUrl, { method: 'POST', headers, body })
    const { result, error } = (await answer.json()) as { result?: unknown; error?: unknown } // CAST: JSON-RPC
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }
}

/** An id of a request that nobody will place soon. */
export function unplaced(near: RequestId): RequestId {
  return requestIdOf(requestIdValue(near) + (1n << 64n))
}
