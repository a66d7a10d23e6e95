import { GatewayConfig, type RpcPool } from '@kms-connector/gateway'
import { OPERATIONS_V0_11, type Operation, OperationTable } from '@kms-connector/protocol'
import {
  CONNECTOR_VARIABLES,
  checkContracts,
  checkRegistration,
  contractAddress,
  openBroker,
  openRpcPool,
  type SenderSettings,
  type ServiceContext,
  type ServiceDefinition,
  senderSettings,
  walletSources,
} from '@kms-connector/service-kit'
import { KeyValue, SENDER_LEASE_BUCKET, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { openWallet, type Wallet } from '@kms-connector/wallet'
import { Balance } from './balance.ts'
import { batchSizeOf } from './batchSizes.ts'
import { FeeQuote } from './fees.ts'
import { LearnedGas } from './learnedGas.ts'
import { Lease, leaseTimes } from './lease.ts'
import { Ledger } from './ledger.ts'
import { senderMetrics } from './metrics.ts'
import { Role } from './role.ts'
import type { SenderPolicy } from './senderState.ts'
import { SendingEndpoint } from './sendingEndpoint.ts'
import { beginTerm, serveTerms } from './terms.ts'
import { timingsOf } from './timings.ts'
import { watchWallet } from './watchWallet.ts'

const GWEI = 1_000_000_000n
/** Look-ups, a third of a second apart, before a consumed nonce without a receipt counts as taken by somebody else. */
const LOST_AFTER_CHECKS = 30

/**
 * Reads answers in order and sends them to the Gateway with consecutive nonces.
 * @param operations the table of a protocol version, or one with operations of one's own
 */
export function txSenderFor(operations: readonly Operation[]): ServiceDefinition<SenderSettings> {
  return {
    name: 'tx-sender',
    version: '0.1.0',
    describe: 'Reads answers in order and sends them to the Gateway with consecutive nonces.',
    schema: senderSettings,
    alsoKnown: CONNECTOR_VARIABLES,
    main: ctx => startSender(ctx, new OperationTable(operations)),
  }
}

/** The service for protocol v0.11. */
export const txSender = txSenderFor(OPERATIONS_V0_11)

async function startSender(ctx: ServiceContext<SenderSettings>, table: OperationTable): Promise<void> {
  const { settings, logger } = ctx
  const wallet = await walletOf(ctx)
  const metrics = senderMetrics(ctx.metrics)
  const pool = await openRpcPool(ctx, metrics.rpc, {
    name: 'gateway',
    urls: settings.gateway_url,
    chainId: settings.gateway_chain_id,
    timeoutMs: settings.gateway_timeout,
    batchSize: method => Math.min(settings.rpc_batch_size, batchSizeOf(method, settings.mempool)),
  })
  await checkNode(ctx, pool, table, wallet)
  const broker = await openBroker(ctx, table.all)
  const lease = new Lease(
    new KeyValue(broker, SENDER_LEASE_BUCKET),
    leaseTimes(settings.streams.sender_lease_age),
    logger,
  )
  const role = new Role(lease)
  const endpoint = new SendingEndpoint(pool, logger)
  const fees = new FeeQuote(pool, {
    maxFeePerGas: BigInt(settings.max_fee_per_gas_gwei) * GWEI,
    maxPriorityFeePerGas: BigInt(settings.priority_fee_gwei) * GWEI,
    quoteForMs: 2_000,
  })
  const balance = new Balance(wallet.address)
  watchRole(ctx, role)
  ctx.run('sender', signal =>
    serveTerms({
      role,
      lease,
      metrics,
      logger,
      signal,
      graceMs: Math.max(1_000, settings.shutdown_timeout - 5_000),
      begin: termSignal =>
        beginTerm(
          {
            endpoint,
            broker,
            table,
            wallet,
            chainId: settings.gateway_chain_id,
            addressOf: contract => contractAddress(settings, contract),
            ledger: new Ledger(new KeyValue(broker, TX_SLOTS_BUCKET)),
            lease,
            fees,
            balance,
            learned: new LearnedGas(),
            policy: policyOf(settings),
            budget: { attempts: settings.max_answer_attempts, ageMs: settings.max_answer_age },
            receiptPollingMs: settings.receipt_polling,
            inboxSize: settings.inbox_size ?? 2 * settings.max_open_transactions,
            tracing: ctx.tracing,
            metrics,
            logger,
          },
          termSignal,
        ),
    }),
  )
  watchWallet(ctx, pool, wallet.address, metrics)
}

/** The contracts that answers go to, and, where the settings name GatewayConfig, that it knows this wallet. */
async function checkNode(
  ctx: ServiceContext<SenderSettings>,
  pool: RpcPool,
  table: OperationTable,
  wallet: Wallet,
): Promise<void> {
  const { settings } = ctx
  await checkContracts(
    ctx,
    pool,
    table.contracts(table.all).map(contract => [contract, contractAddress(settings, contract)] as const),
  )
  const registry = settings.gateway_config_contract
  if (!registry) return
  await checkContracts(ctx, pool, [['GatewayConfig', registry.address]])
  await checkRegistration(ctx, new GatewayConfig(pool, registry.address), wallet.address)
}

async function walletOf({ settings, logger }: ServiceContext<SenderSettings>): Promise<Wallet> {
  const { wallet, kind, warnings } = await openWallet(walletSources(settings), {
    maxConcurrent: settings.max_concurrent_signatures,
    timeoutMs: settings.signature_timeout,
    attemptTimeoutMs: settings.signature_attempt_timeout,
  })
  logger.info({ wallet: wallet.address, kind }, 'opened the wallet')
  for (const warning of warnings) logger.warn({ warning }, 'the wallet could be safer')
  return wallet
}

function watchRole(ctx: ServiceContext<SenderSettings>, role: Role): void {
  ctx.readiness.add('sending', async () => {
    const fault = role.sender?.hindrance()
    if (fault !== undefined) throw new Error(fault)
  })
  ctx.status('sender', () => role.report())
}

function policyOf(settings: SenderSettings): SenderPolicy {
  return {
    ...timingsOf(settings.mempool, {
      sendAhead: settings.send_ahead,
      resendAfterMs: settings.resend_after,
      stallAfterMs: settings.stall_after,
      burnAfterMs: settings.burn_after,
    }),
    window: settings.max_open_transactions,
    prepareAhead: settings.prepare_ahead,
    commitBatch: Math.min(settings.max_open_transactions, 64),
    confirmations: settings.confirmations,
    checkpointEveryMs: settings.checkpoint_interval,
    lostAfterChecks: LOST_AFTER_CHECKS,
    parkPauseMs: settings.park_pause,
  }
}
