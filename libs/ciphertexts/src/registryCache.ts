import { type Address, ConnectorError, toConnectorError } from '@kms-connector/protocol'
import { Ceiling } from './ceiling.ts'

export interface RegistryCacheOptions {
  /** Reads the registered bucket URL of one coprocessor from chain, with a deadline of its own; empty = not registered. */
  readonly load: (address: Address) => Promise<string>
  /** How long a URL is believed; 5 minutes unless told. */
  readonly ttlMs?: number
  /** How long an unregistered coprocessor is believed to be so; 5 s unless told, so that a registration works at once. */
  readonly negativeTtlMs?: number
  /** Coprocessors remembered; the one read longest ago is forgotten first. 1,024 unless told. */
  readonly maxEntries?: number
  /** Reads of the chain at once; 16 unless told. */
  readonly maxConcurrentLoads?: number
  /** Clock in milliseconds. */
  readonly now?: () => number
}

interface Entry {
  readonly url: string
  readonly freshUntil: number
}

/**
 * Remembers the bucket URLs of coprocessors. One read of the chain at a time for each; a URL that is out of date stays in
 * use while the chain cannot be read, because a bucket rarely moves and its bytes are verified anyway.
 */
export class RegistryCache {
  readonly #load: (address: Address) => Promise<string>
  readonly #ttlMs: number
  readonly #negativeTtlMs: number
  readonly #maxEntries: number
  readonly #loads: Ceiling
  readonly #now: () => number
  #entries = new Map<Address, Entry>()
  #loading = new Map<Address, Promise<string>>()

  constructor(options: RegistryCacheOptions) {
    this.#load = options.load
    this.#ttlMs = options.ttlMs ?? 300_000
    this.#negativeTtlMs = options.negativeTtlMs ?? 5000
    this.#maxEntries = options.maxEntries ?? 1024
    this.#loads = new Ceiling(options.maxConcurrentLoads ?? 16)
    this.#now = options.now ?? (() => performance.now())
  }

  /**
   * @returns the URLs that are known, under the addresses as they were given; unregistered coprocessors are left out. At
   * once where the chain need not be asked.
   * @throws ConnectorError of the registry only when it could be read for none of the addresses
   */
  bucketsOf(addresses: readonly Address[]): Map<Address, string> | Promise<Map<Address, string>> {
    return this.#fresh(addresses) ?? this.#loaded(addresses)
  }

  /** The URLs without asking the chain; undefined when one of them is not known well enough. */
  #fresh(addresses: readonly Address[]): Map<Address, string> | undefined {
    const now = this.#now()
    const urls = new Map<Address, string>()
    for (const address of addresses) {
      const entry = this.#entries.get(lowerCase(address))
      if (!entry || now >= entry.freshUntil) return undefined
      if (entry.url !== '') urls.set(address, entry.url)
    }
    return urls
  }

  async #loaded(addresses: readonly Address[]): Promise<Map<Address, string>> {
    const settled = await Promise.allSettled(addresses.map(address => this.#urlOf(lowerCase(address))))
    const urls = new Map<Address, string>()
    const faults: unknown[] = []
    for (const [index, address] of addresses.entries()) {
      const result = settled[index]
      if (result?.status === 'rejected') faults.push(result.reason)
      else if (result && result.value !== '') urls.set(address, result.value)
    }
    if (faults.length > 0 && faults.length === addresses.length) throw toConnectorError(faults[0])
    return urls
  }

  /** Forgets one coprocessor, or all of them: what is being read at this moment is not remembered either. */
  invalidate(address?: Address): void {
    if (address === undefined) {
      this.#entries = new Map()
      this.#loading = new Map()
      return
    }
    this.#entries.delete(lowerCase(address))
    this.#loading.delete(lowerCase(address))
  }

  #urlOf(address: Address): Promise<string> {
    const entry = this.#entries.get(address)
    if (entry && this.#now() < entry.freshUntil) return Promise.resolve(entry.url)
    const running = this.#loading.get(address)
    if (running) return running
    const load: Promise<string> = this.#read(address).then(
      url => {
        if (this.#loading.get(address) === load) this.#remember(address, url)
        return url
      },
      fault => {
        if (this.#loading.get(address) === load) this.#loading.delete(address)
        if (entry && entry.url !== '') return entry.url
        throw fault
      },
    )
    this.#loading.set(address, load)
    return load
  }

  async #read(address: Address): Promise<string> {
    const release = await this.#loads.acquire(1, NEVER)
    try {
      const url = await this.#load(address)
      if (typeof url !== 'string')
        throw new ConnectorError('RPC_REJECTED', `the bucket URL of ${address} is no text`, { address })
      return url.trim()
    } finally {
      release()
    }
  }

  #remember(address: Address, url: string): void {
    this.#loading.delete(address)
    this.#entries.delete(address)
    this.#entries.set(address, { url, freshUntil: this.#now() + (url === '' ? this.#negativeTtlMs : this.#ttlMs) })
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > this.#maxEntries && !oldest.done) this.#entries.delete(oldest.value)
  }
}

const NEVER = new AbortController().signal

function lowerCase(address: Address): Address {
  return address.toLowerCase() as Address // CAST: lower case does not change the 0x prefix
}
