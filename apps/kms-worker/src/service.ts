import { readFileSync } from 'node:fs'
import { CiphertextStore, RegistryCache } from '@kms-connector/ciphertexts'
import { GatewayConfig, KmsGeneration, type RpcPool } from '@kms-connector/gateway'
import { CoreClient, type TlsSource } from '@kms-connector/kms-client'
import {
  type CiphertextRef,
  OPERATIONS_V0_11,
  type Operation,
  OperationTable,
  toCoreDomain,
} from '@kms-connector/protocol'
import {
  CONNECTOR_VARIABLES,
  checkContracts,
  checkDomains,
  checkRegistration,
  contractDomains,
  openBroker,
  openConnection,
  openRpcPool,
  type ServiceContext,
  type ServiceDefinition,
  type WorkerSettings,
  workerSettings,
} from '@kms-connector/service-kit'
import type { Consumption } from '@kms-connector/streams'
import { AccessCheck } from './accessCheck.ts'
import { ciphertextOptions, expectCoprocessors } from './ciphertextOptions.ts'
import { consumeOperation } from './consumeOperation.ts'
import { openHostChains } from './hostChains.ts'
import { corePhase, type WorkerMetrics, workerMetrics } from './metrics.ts'
import { PayloadMemory } from './payloadMemory.ts'
import { RegisteredSigner } from './registeredSigner.ts'
import { RegistryWatch } from './registryWatch.ts'
import { RequestTraces } from './requestTraces.ts'
import type { WorkDependencies } from './workDelivery.ts'

/**
 * Takes requests from their streams, has the KMS Core answer them, and publishes the verified answers.
 * @param operations the table of a protocol version, or one with operations of one's own
 */
export function kmsWorkerFor(operations: readonly Operation[]): ServiceDefinition<WorkerSettings> {
  return {
    name: 'kms-worker',
    version: '0.1.0',
    describe: 'Takes requests from their streams, has the KMS Core answer them and publishes the verified answers.',
    schema: workerSettings,
    alsoKnown: CONNECTOR_VARIABLES,
    main: ctx => startWorker(ctx, new OperationTable(operations)),
  }
}

/** The service for protocol v0.11. */
export const kmsWorker = kmsWorkerFor(OPERATIONS_V0_11)

async function startWorker(ctx: ServiceContext<WorkerSettings>, table: OperationTable): Promise<void> {
  const { settings, logger } = ctx
  const consumptions: { readonly operation: Operation; readonly consumption: Consumption }[] = []
  const held = () => consumptions.map(({ operation, consumption }) => [operation.name, consumption.held] as const)
  const metrics = workerMetrics(ctx.metrics, held)
  const gateway = await openGateway(ctx, metrics)
  const access = new AccessCheck({
    gateway,
    decryption: settings.decryption_contract.address,
    keyGeneration: new KmsGeneration(gateway, settings.kms_generation_contract.address),
    hostChains: await openHostChains(ctx, metrics.rpc),
    questionsAtOnce: settings.rpc_batch_size,
  })
  const config = new GatewayConfig(gateway, settings.gateway_config_contract.address)
  await checkRegistration(ctx, config, settings.wallet_address)
  const core = await openCore(ctx, metrics)
  const registry = new RegistryCache({
    load: async coprocessor => (await config.bucketUrl(coprocessor)) ?? '',
    ttlMs: settings.bucket_registry_ttl,
  })
  const ciphertexts = new CiphertextStore(ciphertextOptions(settings, registry, metrics, logger))
  ctx.onStop('ciphertexts', () => ciphertexts.close())
  const payloads = {
    ciphertexts,
    maxRequestBytes: settings.s3_max_request_size,
    onFetched: () => metrics.ciphertextsFetched.inc(),
    expectAccepted: settings.verify_coprocessors
      ? (ref: CiphertextRef) => expectCoprocessors(registry, ref)
      : async () => {},
    // Its bucket may have moved: the next attempt reads the registry again.
    onMissing: ({ coprocessors }: CiphertextRef) => {
      for (const coprocessor of coprocessors) registry.invalidate(coprocessor)
    },
  }
  const domains = contractDomains(settings)
  const signer = new RegisteredSigner(config, settings.wallet_address, domains, settings.signer_refresh)
  watchRegistry(ctx, new RegistryWatch(gateway, settings.gateway_config_contract.address), registry, signer)
  // Publishing must not wait behind what the consuming connection has buffered.
  const publisher = await openBroker(ctx, table.all)
  const consumer = await openConnection(ctx, `${settings.service_name}-consumer`)
  const dependencies: WorkDependencies = {
    access,
    payloads,
    memory: new PayloadMemory(settings.s3_max_bytes_held, settings.s3_max_concurrent_gets, bytes =>
      metrics.payloadBytes.set(bytes),
    ),
    core,
    signer,
    domains: { Decryption: toCoreDomain(domains.Decryption), KMSGeneration: toCoreDomain(domains.KMSGeneration) },
    onStep: (operation, step, seconds) => metrics.stepSeconds.observe({ operation, step }, seconds),
    broker: publisher,
    table,
    tracing: ctx.tracing,
    traces: new RequestTraces(ctx.tracing),
    metrics,
    logger,
  }
  for (const operation of table.all) {
    const consumption = consumeOperation(ctx, consumer, dependencies, operation)
    ctx.status(operation.name, () => ({ held: consumption.held }))
    consumptions.push({ operation, consumption })
  }
  ctx.onStop('consumers', () =>
    stopAll(
      ctx,
      consumptions.map(c => c.consumption),
    ),
  )
}

/** Pause between two looks for changes of the registries. */
const REGISTRY_LOOK_MS = 2_000

/** A moved bucket or a changed signer is noticed at once, and not only when what was read before runs out. */
function watchRegistry(
  ctx: ServiceContext<WorkerSettings>,
  watch: RegistryWatch,
  buckets: RegistryCache,
  signer: RegisteredSigner,
): void {
  ctx.loop({
    name: 'registry',
    maxStepMs: 60_000 + 2 * ctx.settings.gateway_timeout,
    backoff: { firstMs: REGISTRY_LOOK_MS, maxMs: 30_000 },
    step: async () => {
      const changed = await watch.look()
      if (changed.coprocessors) buckets.invalidate()
      if (changed.kmsNodes) signer.forget()
      if (changed.coprocessors || changed.kmsNodes) ctx.logger.info(changed, 'the registry changed on chain')
      return REGISTRY_LOOK_MS
    },
  })
}

/** Part of the shutdown that is left for closing connections after the work in hand. */
const CLOSING_MS = 5_000

/** All at once: while one operation finishes its work, the others must not take new work. */
async function stopAll(
  { settings, logger }: ServiceContext<WorkerSettings>,
  consumptions: readonly Consumption[],
): Promise<void> {
  const deadlineMs = Math.max(1_000, settings.shutdown_timeout - CLOSING_MS)
  const reports = await Promise.all(consumptions.map(c => c.stop(deadlineMs)))
  const handedBack = reports.reduce((sum, report) => sum + report.handedBack, 0)
  if (handedBack > 0) logger.info({ handed_back: handedBack }, 'handed back unfinished requests')
}

/** The Gateway endpoints. Waits until one answers, and refuses those with other contracts or domains than the settings say. */
async function openGateway(ctx: ServiceContext<WorkerSettings>, metrics: WorkerMetrics): Promise<RpcPool> {
  const { settings } = ctx
  const pool = await openRpcPool(ctx, metrics.rpc, {
    name: 'gateway',
    urls: settings.gateway_url,
    chainId: settings.gateway_chain_id,
    timeoutMs: settings.gateway_timeout,
    batchSize: settings.rpc_batch_size,
  })
  await checkContracts(ctx, pool, [
    ['Decryption', settings.decryption_contract.address],
    ['KMSGeneration', settings.kms_generation_contract.address],
    ['GatewayConfig', settings.gateway_config_contract.address],
  ])
  await checkDomains(ctx, pool, Object.values(contractDomains(settings)))
  return pool
}

async function openCore(ctx: ServiceContext<WorkerSettings>, metrics: WorkerMetrics): Promise<CoreClient> {
  const { settings } = ctx
  const tls = coreTls(settings)
  const core = new CoreClient({
    endpoints: settings.kms_core_endpoints,
    ...(tls ? { tls } : {}),
    submitTimeoutMs: settings.grpc_submit_timeout,
    pollTimeoutMs: settings.grpc_poll_timeout,
    pollBudgetMs: settings.grpc_poll_budget,
    healthTimeoutMs: settings.healthcheck_timeout,
    onCall: ({ method, shard, code, seconds }) =>
      metrics.coreCallSeconds.observe(
        { phase: corePhase(method), method, shard: String(shard), status: code },
        seconds,
      ),
  })
  ctx.onStop('KMS Core', () => core.close())
  ctx.readiness.add('kms_core', async signal => {
    const reports = await Promise.all(core.endpoints.map((_, shard) => core.health(shard, signal)))
    const ill = reports.find(r => !r.serving)
    if (ill) throw new Error(`${ill.endpoint}: ${ill.detail}`)
  })
  return core
}

/** Certificates are replaced while the worker runs: each connection reads the files as they are then. */
function coreTls({ kms_core_tls: tls }: WorkerSettings): TlsSource | undefined {
  if (!tls) return undefined
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'))
  return () => {
    const [ca, cert, key] = [read(tls.ca_file), read(tls.cert_file), read(tls.key_file)]
    const serverName = tls.server_name
    return {
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      ...(serverName ? { serverName } : {}),
    }
  }
}
