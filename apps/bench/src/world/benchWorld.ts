import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  COPROCESSORS,
  DEPLOYER,
  type DevnetChains,
  type DevnetContracts,
  deployContracts,
  GatewayOwner,
  HostAclOwner,
  nodeSigner,
  nodeWallet,
  ServiceProcess,
  startChains,
  Teardown,
} from '@kms-connector/devnet'
import type { Hex } from '@kms-connector/protocol'
import { makeCiphertexts } from './benchCiphertexts.ts'
import { BulkRequests, type PlacedWave, type RequestKind } from './bulkRequests.ts'
import { announcedUrl, programOf } from './programs.ts'

const BLOCK_SECONDS = 0.1

export interface BenchWorldOptions {
  /** Processes of the KMS Core stub. */
  readonly cores?: number
  readonly onStep?: (text: string) => void
}

/** Everything around the connector that stays the same for all measurements of a run. */
export class BenchWorld {
  readonly dir: string
  readonly chains: DevnetChains
  readonly contracts: DevnetContracts
  readonly cores: readonly ServiceProcess[]
  readonly s3: ServiceProcess
  readonly wallet = nodeWallet(0)
  readonly requests: BulkRequests
  readonly #teardown: Teardown
  readonly #handles = new Map<number, Promise<readonly Hex[]>>()

  private constructor(
    dir: string,
    teardown: Teardown,
    chains: DevnetChains,
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
      const s3 = await startStub('s3', 'stubs/s3Stub', dir, {}, teardown)
      const env = { KMS_BENCH_CORE_SIGNING_KEY: nodeSigner(0).privateKey }
      const stubs: ServiceProcess[] = []
      for (let n = 1; n <= cores; n++) stubs.push(await startStub(`core-${n}`, 'stubs/coreStub', dir, env, teardown))
      const chains = await startChains(BLOCK_SECONDS, teardown)
      const contracts = await deployContracts(chains, 1, bucket => `${s3.url}/${bucket}`)
      return new BenchWorld(dir, teardown, chains, contracts, s3, stubs)
    } catch (fault) {
      await teardown.run()
      throw fault
    }
  }

  /** Places a wave of requests, each with one ciphertext of the given size. */
  async place(kind: RequestKind, count: number, ciphertextBytes: number): Promise<PlacedWave> {
    return this.requests.place(kind, count, await this.handlesOf(ciphertextBytes))
  }

  handlesOf(bytes: number): Promise<readonly Hex[]> {
    const known = this.#handles.get(bytes)
    if (known) return known
    const { chains, contracts } = this
    const { privateKey } = DEPLOYER
    const owner = new GatewayOwner({ rpcUrl: chains.gateway.rpcUrl, gateway: contracts.gateway, privateKey })
    const hostAcl = new HostAclOwner({ rpcUrl: chains.host.rpcUrl, acl: contracts.acl, privateKey })
    const made = makeCiphertexts(
      bytes,
      COPROCESSORS.map(({ bucket }) => `${this.s3.url}/${bucket}`),
      owner,
      hostAcl,
    )
    this.#handles.set(bytes, made)
    return made
  }

  /** Processes that are not the connector, by the name they have in tables. */
  get surroundings(): readonly { readonly name: string; readonly pid: number }[] {
    const { gateway, host } = this.chains
    return [
      { name: 'gateway', pid: gateway.pid },
      { name: 'host chain', pid: host.pid },
      { name: 's3', pid: this.s3.pid },
      ...this.cores.map(({ name, pid }) => ({ name, pid })),
    ]
  }

  async stop(): Promise<void> {
    await this.#teardown.run()
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function startStub(
  name: string,
  program: string,
  dir: string,
  env: Readonly<Record<string, string>>,
  teardown: Teardown,
): Promise<ServiceProcess> {
  const process = await ServiceProcess.spawn({
    name,
    entry: programOf(program),
    args: [],
    env,
    logFile: join(dir, `${name}.log`),
    urlOf: announcedUrl,
  })
  teardown.add(name, () => process.stop())
  return process.ready()
}
