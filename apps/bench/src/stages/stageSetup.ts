import { randomBytes } from 'node:crypto'
import { decodeLog, fetchLogs, type RawLog, Rpc } from '@kms-connector/gateway'
import {
  type Address,
  type ContractDomain,
  type Hex,
  OPERATIONS_V0_11,
  type Operation,
  OperationTable,
  type Request,
  type RequestId,
  requestIdOf,
} from '@kms-connector/protocol'
import { type Broker, connectBroker } from '@kms-connector/streams'
import { connect, type NatsConnection } from 'nats'
import type { BareRequest } from '../bare/bareCore.ts'

/** Where the processes of the stages find the world, as JSON in the environment. */
export interface StageConfig {
  readonly natsUrl: string
  readonly gatewayUrl: string
  readonly hostUrl: string
  readonly chainId: number
  readonly hostChainId: number
  readonly decryption: Address
  readonly kmsGeneration: Address
  readonly acl: Address
  readonly coreUrl: string
  readonly lean: true
  /** URLs of the buckets of coprocessors, by their addresses. */
  readonly buckets: Readonly<Record<Address, string>>
  readonly signer: Address
  readonly privateKey: Hex
  /** Key of an account that does nothing else. */
  readonly spareKey: Hex
  readonly awsKms?: { readonly url: string; readonly keyId: string; readonly region: string } | undefined
  /** Blocks that hold the requests. */
  readonly fromBlock: number
  readonly toBlock: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

const VARIABLE = 'KMS_BENCH_STAGE'
const TIMEOUT_MS = 10_000

export function stageEnvironment(config: StageConfig): Record<string, string> {
  return { [VARIABLE]: JSON.stringify(config) }
}

export function stageConfig(): StageConfig {
  // CAST: written by stageEnvironment
  return JSON.parse(process.env[VARIABLE] ?? '{}') as StageConfig
}

/** What sides need of the world, opened when they ask for it. */
export class StageSetup {
  readonly config: StageConfig
  readonly table = new OperationTable(OPERATIONS_V0_11)
  readonly operation: Operation
  #ids = (1n << 248n) + BigInt(`0x${randomBytes(6).toString('hex')}`) * (1n << 64n)

  constructor(config: StageConfig) {
    this.config = config
    this.operation = this.table.named('public-decryption')
  }

  /** @returns an id of a public decryption that no other process uses */
  nextId(): RequestId {
    return requestIdOf(++this.#ids)
  }

  get domain(): ContractDomain {
    const { chainId, decryption: verifyingContract } = this.config
    return { name: 'Decryption', version: '1', chainId, verifyingContract }
  }

  broker(): Promise<Broker> {
    return connectBroker({ servers: [this.config.natsUrl], name: 'stage' })
  }

  nats(): Promise<NatsConnection> {
    return connect({ servers: this.config.natsUrl })
  }

  /** @returns the logs of the placed requests, as the connector reads them */
  logs(): Promise<RawLog[]> {
    const { gatewayUrl, decryption, fromBlock, toBlock } = this.config
    const rpc = new Rpc({ url: gatewayUrl, timeoutMs: TIMEOUT_MS })
    const topics = this.table.topics([this.operation])
    return fetchLogs(rpc, { addresses: [decryption], topics, fromBlock, toBlock })
  }

  /** @returns the placed requests as the connector decodes them */
  async requests(): Promise<Request[]> {
    const logs = await this.logs()
    return logs.map(log => {
      const decoded = decodeLog(this.table, this.config.chainId, log)
      if (decoded.kind !== 'request') throw new RangeError('the log of a placed request holds none')
      return decoded.request
    })
  }

  /** @returns a placed request as the bare listener publishes it */
  bareRequest({ operation, id, payload }: Request): BareRequest {
    const { materials } = payload as PublicPayload // CAST: of a public decryption
    const refs = operation.ciphertexts(payload)
    const keyId = (materials[0]?.keyId ?? 0n).toString(16).padStart(64, '0')
    return { id, cts: refs.map(({ handle, digest }) => ({ handle, digest, keyId })) }
  }
}

interface PublicPayload {
  readonly materials: readonly { readonly keyId: bigint }[]
}
