import { join } from 'node:path'
import { coreTls, startCore } from '../core/index.ts'
import { type ServicePlan, ServiceProcess } from '../process/serviceProcess.ts'
import type { Teardown } from '../process/teardown.ts'
import { nodeSigner } from './accounts.ts'
import { type DevnetOptions, nodeCount } from './devnetOptions.ts'
import type { NodeSecurity } from './nodeSecurity.ts'
import { coreEntry } from './programs.ts'

/** All nodes derive the same TFHE key from it, and so does whoever encrypts for them. */
export const TFHE_SEED = 'kms connector devnet'

export interface NodeCore {
  /** gRPC endpoint. */
  readonly url: string
  /** Undefined when the Core runs inside this process. */
  readonly process: ServiceProcess | undefined
}

/** Starts the Core of a node: decrypting keeps a processor busy, so it gets a process unless faults are asked for. */
export async function startNodeCore(
  index: number,
  options: DevnetOptions,
  dir: string,
  teardown: Teardown,
  security?: NodeSecurity,
): Promise<NodeCore> {
  const { coreFaults, coreDelayMs = 0, withoutKeys = false, signal } = options
  const parties = nodeCount(options)
  const signingKey = nodeSigner(index).privateKey
  if (coreFaults) {
    const partyId = index + 1
    const core = await startCore({
      seed: TFHE_SEED,
      signingKey,
      partyId,
      parties,
      delayMs: coreDelayMs,
      faults: coreFaults,
      tls: security && (await coreTls(security.core)),
      ...(withoutKeys ? { keyIds: [] } : {}),
    })
    teardown.add(`KMS Core ${partyId}`, () => core.stop())
    return { url: core.url, process: undefined }
  }
  const process = await ServiceProcess.spawn(corePlan(index, options, dir, security ? tlsArguments(security) : []))
  teardown.add(process.name, () => process.stop())
  await process.ready(signal)
  return { url: process.url ?? '', process }
}

function tlsArguments({ core }: NodeSecurity): string[] {
  return ['--tls-cert', core.certFile, '--tls-key', core.keyFile, '--tls-client-ca', core.caFile]
}

/** @returns the Core of a node as a process. @param extra more arguments for its command line */
export function corePlan(
  index: number,
  options: DevnetOptions,
  dir: string,
  extra: readonly string[] = [],
): ServicePlan {
  const { coreDelayMs = 0, withoutKeys = false } = options
  const parties = nodeCount(options)
  const name = parties === 1 ? 'kms-core' : `kms-core-${index + 1}`
  return {
    name,
    entry: coreEntry(),
    args: [
      ['--seed', TFHE_SEED],
      ['--party', index + 1],
      ['--parties', parties],
      ['--delay-ms', coreDelayMs],
      withoutKeys ? ['--no-keys'] : [],
      extra,
    ]
      .flat()
      .map(String),
    env: { KMS_DEV_CORE_SIGNING_KEY: nodeSigner(index).privateKey },
    logFile: join(dir, `${name}.log`),
    urlOf: line => /^\{"url":"([^"]+)"/.exec(line)?.[1],
  }
}
