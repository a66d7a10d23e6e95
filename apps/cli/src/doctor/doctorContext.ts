import { Rpc } from '@kms-connector/gateway'
import type { Address } from '@kms-connector/protocol'
import { type CommandSettings, displayUrl } from '@kms-connector/service-kit'
import type { Broker } from '@kms-connector/streams'
import type { CommandContext } from '../commandContext.ts'
import { walletAddressOf } from '../request/senderFacts.ts'

/** A JSON-RPC endpoint of the settings. */
export interface Endpoint {
  readonly name: string
  readonly chainId: number
  readonly rpc: Rpc
}

/** What checks look at: settings, broker and endpoints, opened once. */
export class DoctorContext {
  readonly command: CommandContext
  readonly gateways: readonly Endpoint[]
  readonly hosts: readonly Endpoint[]
  #wallet: Promise<Address | undefined> | undefined

  constructor(command: CommandContext) {
    this.command = command
    const { gateway_url: urls = [], gateway_chain_id: chainId = 0, host_chains: hosts } = command.settings
    this.gateways = urls.map(url => this.#endpoint('Gateway', url, chainId))
    this.hosts = hosts.flatMap(({ url, chain_id }) =>
      url.map(u => this.#endpoint(`host chain ${chain_id}`, u, chain_id)),
    )
  }

  get settings(): CommandSettings {
    return this.command.settings
  }

  /** All endpoints, the Gateway first. */
  get endpoints(): readonly Endpoint[] {
    return [...this.gateways, ...this.hosts]
  }

  /** First endpoint of the Gateway; undefined without gateway_url. */
  get gateway(): Rpc | undefined {
    return this.gateways[0]?.rpc
  }

  broker(): Promise<Broker> {
    return this.command.broker()
  }

  /** Address of the wallet that sends; undefined when the settings name none. @throws ConnectorError WALLET_UNUSABLE */
  wallet(): Promise<Address | undefined> {
    this.#wallet ??= walletAddressOf(this.settings)
    return this.#wallet
  }

  #endpoint(chain: string, url: string, chainId: number): Endpoint {
    const timeoutMs = Math.min(this.command.timeoutMs, this.settings.gateway_timeout)
    return { name: `${chain} ${displayUrl(url)}`, chainId, rpc: new Rpc({ url, timeoutMs }) }
  }
}
