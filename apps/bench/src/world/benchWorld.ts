import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  COPROCESSORS,
  DEPLOYER,
  type DevnetContracts,
  deployContracts,
  GatewayOwner,
  HostAclOwner,
  nodeSigner,
  nodeWallet,
  ServiceProcess,
  Teardown,
} from '@kms-connector/devnet'
import type { Hex } from '@kms-connector/protocol'
import { type BenchAwsKms, startBenchAwsKms } from './awsKms.ts'
import { type BenchChains, startBenchChains } from './benchChains.ts'
import { makeCiphertexts } from './benchCiphertexts.ts'
import { BulkRequests, type PlacedWave, type RequestKind } from './bulkRequests.ts'
import { callRpc } from './jsonRpc.ts'
import { announcedUrl, programOf } from './programs.ts'

export interface BenchWorldOptions {
  /** Processes of the KMS Core stub. */
  readonly cores?: number
  readonly onStep?: (text: string) => void
}

/** Everything around the connector that stays the same for all measurements of a run. */
export class BenchWorld {
  readonly dir: string
  readonly chains: BenchChains
  readonly contracts: DevnetContracts
  readonly cores: readonly ServiceProcess[]
  readonly s3: ServiceProcess
  readonly wallet = nodeWallet(0)
  readonly requests: BulkRequests
  readonly #teardown: Teardown
  readonly #handles = new Map<number, readonly Hex[]>()
  /** The Gateway without a request, and with the newest wave unanswered. */
  #empty: string | undefined
  #placed: string | undefined
  #awsKms: BenchAwsKms | undefined

  private constructor(
    dir: string,
    teardown: Teardown,
    chains: BenchChains,
    contracts: DevnetContracts,
    s3: ServiceProcess,
    cores: readonly ServiceProcess[],
  ) {
    this.dir = dir
    this.#teardown = teardown
    this.chains = chains
    this.contracts = contracts
    this.s3 = s3
    this.cores = cores
    this.requests = new BulkRequests(chains.gateway.rpcUrl, chains.gateway.chainId, contracts)
  }

  /** Starts chains, S3 stub and Core stubs as processes. @throws when one does not start; nothing is left running then */
  static async start({ cores = 1, onStep = () => {} }: BenchWorldOptions = {}): Promise<BenchWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'kms-connector-bench-'))
    const teardown = new Teardown()
    try {
      onStep('starting chains, S3 and KMS Core stubs')
      const s3 = await startStub('s3', 'stubs/s3Stub', dir, {})
      teardown.add('s3', () => s3.stop())
      const stubs: ServiceProcess[] = []
      for (let n = 1; n <= cores; n++) {
        const core = await startCore(`core-${n}`, dir)
        teardown.add(core.name, () => core.stop())
        stubs.push(core)
      }
      const chains = await startBenchChains(teardown)
      const contracts = await deployContracts(chains, 1, bucket => `${s3.url}/${bucket}`)
      return new BenchWorld(dir, teardown, chains, contracts, s3, stubs)
    } catch (fault) {
      await teardown.run()
      throw fault
    }
  }

  /**
   * Takes the Gateway back to a state without requests, in which ciphertexts of a size exist.
   * @param known ids of each kind that the contract takes for given
   * @returns handles of the ciphertexts
   */
  async fresh(ciphertextBytes: number, known = 0): Promise<readonly Hex[]> {
    if (this.#empty !== undefined) await this.#revert(this.#empty)
    const handles = this.#handles.get(ciphertextBytes) ?? (await this.#makeCiphertexts(ciphertextBytes))
    this.#handles.set(ciphertextBytes, handles)
    this.#empty = await this.#snapshot()
    this.#placed = undefined
    await this.requests.forget(known)
    return handles
  }

  /** Places a wave of requests, each with one ciphertext of the given size, on a Gateway without any. */
  async place(kind: RequestKind, count: number, ciphertextBytes: number, known = 0): Promise<PlacedWave> {
    const wave = await this.requests.place(kind, count, await this.fresh(ciphertextBytes, known))
    this.#placed = await this.#snapshot()
    return wave
  }

  /** Takes the Gateway back to where no request of the newest wave is answered. */
  async rewind(): Promise<void> {
    if (this.#placed === undefined) throw new RangeError('no wave was placed')
    await this.#revert(this.#placed)
    this.#placed = await this.#snapshot()
  }

  async #snapshot(): Promise<string> {
    return String(await callRpc(this.chains.gateway.rpcUrl, 'evm_snapshot', []))
  }

  async #revert(snapshot: string): Promise<void> {
    const done = await callRpc(this.chains.gateway.rpcUrl, 'evm_revert', [snapshot])
    if (done !== true) throw new Error(`the Gateway did not go back to ${snapshot}`)
  }

  #makeCiphertexts(bytes: number): Promise<readonly Hex[]> {
    const { chains, contracts } = this
    const { privateKey } = DEPLOYER
    const owner = new GatewayOwner({ rpcUrl: chains.gateway.rpcUrl, gateway: contracts.gateway, privateKey })
    const hostAcl = new HostAclOwner({ rpcUrl: chains.host.rpcUrl, acl: contracts.acl, privateKey })
    const buckets = COPROCESSORS.map(({ bucket }) => `${this.s3.url}/${bucket}`)
    return makeCiphertexts(bytes, buckets, owner, hostAcl)
  }

  /** Starts another KMS Core stub, which takes its time to accept a request. @returns it; whoever asked stops it */
  slowCore(delayMs: number): Promise<ServiceProcess> {
    return startCore('slow-core', this.dir, { KMS_BENCH_CORE_DELAY_MS: String(delayMs) })
  }

  /** An AWS KMS with the key of the wallet, started when it is first asked for. */
  async awsKms(): Promise<BenchAwsKms> {
    this.#awsKms ??= await startBenchAwsKms(this.wallet.privateKey, join(this.dir, 'aws-kms.log'), this.#teardown)
    return this.#awsKms
  }

  /** Processes that are not the connector, by the name they have in tables. */
  get surroundings(): readonly { readonly name: string; readonly pid: number }[] {
    const { gateway, host } = this.chains
    return [
      { name: 'gateway', pid: gateway.pid },
      { name: 'host chain', pid: host.pid },
      { name: 's3', pid: this.s3.pid },
      ...this.cores.map(({ name, pid }) => ({ name, pid })),
      ...(this.#awsKms ? [{ name: 'aws-kms', pid: this.#awsKms.process.pid }] : []),
    ]
  }

  async stop(): Promise<void> {
    await this.#teardown.run()
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

function startCore(name: string, dir: string, env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  return startStub(name, 'stubs/coreStub', dir, { KMS_BENCH_CORE_SIGNING_KEY: nodeSigner(0).privateKey, ...env })
}

async function startStub(
  name: string,
  program: string,
  dir: string,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const logFile = join(dir, `${name}.log`)
  const process = await ServiceProcess.spawn({
    name,
    entry: programOf(program),
    args: [],
    env,
    logFile,
    urlOf: announcedUrl,
  })
  return process.ready()
}
