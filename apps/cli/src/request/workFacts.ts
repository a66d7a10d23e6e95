import { readFile } from 'node:fs/promises'
import { objectUrl, parseBucketUrl } from '@kms-connector/ciphertexts'
import { GatewayConfig, HostAcl, KmsGeneration } from '@kms-connector/gateway'
import { CoreClient } from '@kms-connector/kms-client'
import { AccessCheck, HostChains } from '@kms-connector/kms-worker'
import { ConnectorError, type Request, toConnectorError } from '@kms-connector/protocol'
import { type CommandSettings, createLimit } from '@kms-connector/service-kit'
import { type GatewaySettings, openGateway, openReader } from './chainReader.ts'
import type { Obstacle } from './requestFacts.ts'

const AT_ONCE = 16
/** Ciphertexts of one request that are looked for; a request can name a thousand. */
const MOST_CIPHERTEXTS = 32

/**
 * Asks the chains what a worker would ask them.
 * @param timeoutMs what all questions may take
 * @returns undefined when the settings do not tell whom to ask
 */
export async function readAccess(
  settings: GatewaySettings,
  request: Request,
  timeoutMs: number,
): Promise<Obstacle | 'allowed' | undefined> {
  const { decryption_contract: decryption, kms_generation_contract: generation, host_chains: hosts } = settings
  if (!decryption || !generation || hosts.length === 0) return undefined
  const hostChains = new HostChains(hosts.map(({ chain_id }) => chain_id))
  const opening = hosts.map(async ({ chain_id, url, acl_address }) => {
    const callTimeoutMs = settings.gateway_timeout
    const reader = await openReader({ urls: url, chainId: chain_id, timeoutMs, callTimeoutMs, batchSize: 100 })
    const limit = createLimit({ name: 'questions', concurrency: AT_ONCE, maxQueue: 100_000 })
    hostChains.opened(chain_id, { acl: new HostAcl(reader, acl_address), limit })
  })
  const [gateway] = await Promise.all([openGateway(settings, timeoutMs), ...opening])
  const check = new AccessCheck({
    gateway,
    decryption: decryption.address,
    keyGeneration: new KmsGeneration(gateway, generation.address),
    hostChains,
    questionsAtOnce: AT_ONCE,
  })
  return obstacleOf(() => check.expectAllowed(request), 'allowed')
}

/** Asks every registered bucket for the head of each ciphertext; nothing is downloaded, no redirect is followed. */
export async function readCiphertexts(
  settings: GatewaySettings,
  request: Request,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Obstacle | 'found' | undefined> {
  const registry = settings.gateway_config_contract
  if (!registry) return undefined
  const refs = request.operation.ciphertexts(request.payload).slice(0, MOST_CIPHERTEXTS)
  const config = new GatewayConfig(await openGateway(settings, timeoutMs), registry.address)
  const limit = createLimit({ name: 'buckets', concurrency: AT_ONCE, maxQueue: 10_000 })
  const missing = refs.map(({ digest, coprocessors }) =>
    limit.run(async () => {
      const answers = await Promise.all(coprocessors.map(async c => headOf(await config.bucketUrl(c), digest, signal)))
      return answers.some(answer => answer === 200) ? [] : [`${digest.slice(2)}: ${answers.join(', ')}`]
    }),
  )
  const faults = (await Promise.all(missing)).flat()
  if (faults.length === 0) return 'found'
  const more = faults.length > 1 ? ` and ${faults.length - 1} more` : ''
  return { code: 'CIPHERTEXT_MISSING', detail: `no registered bucket serves ${faults[0]}${more}` }
}

async function headOf(url: string | undefined, digest: string, signal: AbortSignal): Promise<number | string> {
  if (url === undefined) return 'coprocessor not registered'
  const bucket = parseBucketUrl(url)
  if (bucket instanceof ConnectorError) return bucket.code
  try {
    const target = objectUrl(bucket, digest.slice(2))
    const { status } = await fetch(target, { method: 'HEAD', redirect: 'manual', signal })
    return status === 200 ? status : `HTTP ${status} from ${bucket.base}`
  } catch {
    return `no answer from ${bucket.base}`
  }
}

/** Asks the health of the KMS Cores. @returns undefined when the settings name none */
export async function readCore(
  settings: CommandSettings,
  signal: AbortSignal,
): Promise<Obstacle | 'serving' | undefined> {
  const core = await openCore(settings)
  if (!core) return undefined
  try {
    const reports = await Promise.all(core.endpoints.map((_, shard) => core.health(shard, signal)))
    const ill = reports.find(({ serving }) => !serving)
    if (!ill) return 'serving'
    return { code: 'CORE_UNAVAILABLE', detail: `KMS Core ${ill.endpoint} does not serve: ${ill.detail}` }
  } finally {
    core.close()
  }
}

/** A client for questions about the Cores of the settings; undefined when they name none. */
export async function openCore(settings: CommandSettings): Promise<CoreClient | undefined> {
  const { kms_core_endpoints: endpoints, kms_core_tls: tls } = settings
  if (!endpoints) return undefined
  const read = async (file: string | undefined) => (file === undefined ? undefined : readFile(file, 'utf8'))
  const [ca, cert, key] = await Promise.all([tls?.ca_file, tls?.cert_file, tls?.key_file].map(read))
  const serverName = tls?.server_name
  const material = {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(serverName ? { serverName } : {}),
  }
  return new CoreClient({ endpoints, ...(tls ? { tls: material } : {}) })
}

async function obstacleOf<T extends string>(ask: () => Promise<void>, fine: T): Promise<Obstacle | T> {
  try {
    await ask()
    return fine
  } catch (fault) {
    const { code, message } = toConnectorError(fault)
    return { code, detail: message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message }
  }
}
