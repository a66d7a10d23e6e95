import {
  ConnectorError,
  done,
  encodeOutcome,
  encodeRequest,
  encodeResponse,
  OPERATIONS_V0_11,
  type Operation,
  OperationTable,
  type Outcome,
  type RequestId,
  requestIdOf,
} from '@kms-connector/protocol'
import {
  type Broker,
  type Consumption,
  consume,
  DEAD_LETTERS,
  DEFAULT_TOPOLOGY,
  deadReason,
  KeyValue,
  messageId,
  newestMessage,
  outcomeSubject,
  publishDeadLetter,
  publishOnce,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  retryPolicyOf,
  type Topology,
  TX_SLOTS_BUCKET,
  topologyOf,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import { encodeSlot } from '../../apps/tx-sender/src/slot.ts'

export const TABLE = new OperationTable(OPERATIONS_V0_11)
export const TOPOLOGY: Topology = topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY)

export const HASH = `0x${'ab'.repeat(32)}` as const
export const TX_HASH = `0x${'cd'.repeat(32)}` as const
export const ORIGIN = {
  chainId: 54321,
  blockNumber: 7,
  blockHash: HASH,
  transactionHash: HASH,
  logIndex: 2,
  blockTimestamp: 1_790_000_000,
}
/** What must never be shown. */
export const PLAINTEXT = 'c0ffee'.repeat(10)

const MATERIAL = {
  ctHandle: HASH,
  keyId: (4n << 248n) + 1n,
  snsCiphertextDigest: HASH,
  coprocessorTxSenderAddresses: [`0x${'11'.repeat(20)}`],
}

let serial = 1_000n

/** A fresh id of an operation; PRSSInit has but one. */
export function freshId(operation: Operation): RequestId {
  serial += 1n
  return operation.idType === undefined ? requestIdOf(1n) : requestIdOf((BigInt(operation.idType) << 248n) + serial)
}

/** Plays listener, worker and sender on real streams, with the encoders they use. */
export class Pipeline {
  readonly #broker: Broker
  readonly #held = new Map<string, (verdict: Promise<typeof done>) => void>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  async request(operation: Operation, id: RequestId, rerun?: number): Promise<void> {
    const payload = operation.name === 'prss-init' ? {} : { materials: [MATERIAL], extraData: '0x00' }
    const body = encodeRequest({ operation, id, origin: ORIGIN, payload })
    await publishOnce(this.#broker, requestSubject(operation, id, rerun), body, { msgId: messageId(id, rerun) })
  }

  /** Workers that take everything and hold it until told otherwise. */
  work(operation: Operation): Consumption {
    return consume(this.#broker, {
      stream: requestStream(operation),
      stage: 'kms-worker',
      batchSize: 1,
      lingerMs: 1,
      maxInFlight: 100,
      retry: retryPolicyOf(operation.group),
      handler: batch =>
        batch.map(({ subject }) => {
          const { promise, resolve } = Promise.withResolvers<typeof done>()
          this.#held.set(subject, resolve)
          return promise
        }),
    })
  }

  /** Whether workers hold a request. */
  holds(operation: Operation, id: RequestId): boolean {
    return this.#held.has(requestSubject(operation, id))
  }

  /** Answers a request that workers hold, or one that they never saw. */
  async answer(operation: Operation, id: RequestId): Promise<void> {
    const answer = operation.answer
      ? { decryptedResult: `0x${PLAINTEXT}`, signature: `0x${PLAINTEXT}`, extraData: '0x' }
      : {}
    const body = encodeResponse({ operation, id, origin: ORIGIN, answer, answeredAt: Date.now() })
    await publishOnce(this.#broker, responseSubject(operation, id), body, { msgId: messageId(id) })
    this.#held.get(requestSubject(operation, id))?.(Promise.resolve(done))
  }

  /** Takes the next request away from the workers and acknowledges it, as a faulty one might. */
  async lose(operation: Operation): Promise<void> {
    const consumer = await this.#broker.jetstream.consumers.get(requestStream(operation), WORKER_CONSUMER)
    const message = await consumer.next({ expires: 5_000 })
    if (!(await message?.ackAck())) throw new Error('there is no request to lose')
  }

  /** Lets the workers give up a request that they hold. */
  refuse(operation: Operation, id: RequestId): void {
    const error = new ConnectorError('CORE_REFUSED', 'the key does not exist')
    this.#held.get(requestSubject(operation, id))?.(Promise.reject(error))
  }

  /** Takes a nonce for an answer, as the sender does before it sends. */
  async openSlot(operation: Operation, id: RequestId, nonce: number): Promise<void> {
    const attempt = { hash: TX_HASH, raw: HASH, gas: 1n, maxFeePerGas: 1n, signedAt: Date.now() }
    const slot = encodeSlot({ nonce, responseSeq: 1, operation: operation.name, id, attempts: [attempt] })
    await new KeyValue(this.#broker, TX_SLOTS_BUCKET).create(`slot.${nonce}`, slot)
  }

  async settle(operation: Operation, id: RequestId, ending: Partial<Outcome> & Pick<Outcome, 'status'>): Promise<void> {
    const body = encodeOutcome({ operation: operation.name, id, attempts: 1, settledAt: Date.now(), ...ending })
    await publishOnce(this.#broker, outcomeSubject(operation, id), body, { msgId: `${id}.${ending.status}` })
  }

  /** Gives up an answer, as the sender does: dead letter first, outcome second. */
  async buryAnswer(operation: Operation, id: RequestId): Promise<void> {
    const stored = await newestMessage(this.#broker, RESPONSES, responseSubject(operation, id))
    if (!stored) throw new Error('there is no answer to bury')
    const { stream, seq, subject, storedAt: firstStoredAt, headers, body } = stored
    const error = new ConnectorError('RESPONSE_REVERTED', 'InvalidKMSSigner()')
    const source = { stream, seq, subject, attempts: 1, firstStoredAt }
    const letter = {
      ...deadReason(error),
      stage: 'tx-sender',
      operation: operation.name,
      key: id,
      source,
      headers,
      body,
    }
    await publishDeadLetter(this.#broker, { ...letter, history: [] })
    await this.settle(operation, id, { status: 'dead', reason: error.code, attempts: 0 })
  }

  /** Removes all dead letters, as an operator may. */
  async purgeDeadLetters(): Promise<void> {
    await this.#broker.manager.streams.purge(DEAD_LETTERS)
  }
}
