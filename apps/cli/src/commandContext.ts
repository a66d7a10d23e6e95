import { FinalHead, type Rpc } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import {
  type CommandSettings,
  formatDuration,
  type LoadedSettings,
  openCommandBroker,
  openCommandGateway,
  withDeadline,
} from '@kms-connector/service-kit'
import { type Broker, drainBroker } from '@kms-connector/streams'
import type { Output } from './output.ts'

const DRAIN_MS = 1_000

/** What a command works with. Connections are opened when they are asked for, once, and closed after the command. */
export class CommandContext {
  readonly settings: CommandSettings
  /** The same with the source of each value and with the secrets, for whoever shows or hides them. */
  readonly loaded: LoadedSettings<CommandSettings>
  readonly output: Output
  /** Deadline of every single step, milliseconds. */
  readonly timeoutMs: number
  /** How far the listener may read for decryptions. One for the command: a delay is searched from the last result on. */
  readonly decryptionHead: FinalHead
  #broker: Promise<Broker> | undefined
  #gateway: Promise<Rpc> | undefined

  constructor(loaded: LoadedSettings<CommandSettings>, output: Output, timeoutMs: number) {
    this.settings = loaded.values
    this.loaded = loaded
    this.output = output
    this.timeoutMs = timeoutMs
    this.decryptionHead = new FinalHead(loaded.values.decryption_finality)
  }

  /** @throws ConnectorError BROKER_UNAVAILABLE when NATS does not answer within the deadline */
  broker(): Promise<Broker> {
    this.#broker ??= openCommandBroker(this.settings, this.timeoutMs)
    return this.#broker
  }

  /** @throws ConnectorError SETTINGS_INVALID without settings of the Gateway, CHAIN_ID_MISMATCH, RPC_UNAVAILABLE */
  gateway(): Promise<Rpc> {
    this.#gateway ??= openCommandGateway(this.settings, this.timeoutMs)
    return this.#gateway
  }

  /**
   * Runs one step that asks the broker, under the deadline of the command: libraries would wait longer for one that went away.
   * @param what named in the error, such as "reading DEAD_LETTERS"
   * @throws ConnectorError BROKER_UNAVAILABLE after the deadline, or what the step throws
   */
  step<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = () =>
      new ConnectorError('BROKER_UNAVAILABLE', `${what} was not done within ${formatDuration(this.timeoutMs)}`)
    return withDeadline(this.timeoutMs, late, work)
  }

  /** Writes lines. */
  print(...lines: readonly string[]): void {
    for (const line of lines) this.output.out(`${line}\n`)
  }

  /** Writes a value for programs; numbers beyond 2^53 as text. */
  printJson(value: unknown): void {
    const plain = (_key: string, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)
    this.output.out(`${JSON.stringify(value, plain, 2)}\n`)
  }

  async close(): Promise<void> {
    const broker = await this.#broker?.catch(() => undefined)
    if (broker) await drainBroker(broker, DRAIN_MS)
  }
}
