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
import { KeyValue, RESPONSES, SENDER_BUCKET, streamIdentity, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { openWallet, type Wallet } from '@kms-connector/wallet'
import { readPendingNonce } from './chainView.ts'
import { CheckpointStore } from './checkpoint.ts'
import { FeeQuote } from './fees.ts'
import { Ledger } from './ledger.ts'
import { senderMetrics } from './metrics.ts'
import { Sender } from './sender.ts'
import type { SenderPolicy } from './senderState.ts'
import { watchWallet } from './watchWallet.ts'

const GWEI = 1_000_000_000n
/** Look-ups, a third of a second apart, before a consumed nonce without a receipt counts as taken by somebody else. */
const LOST_AFTER_CHECKS = 30
/** How long transactions that waited at the node at start keep their nonces. */
const PENDING_GRACE_MS = 60_000

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
  })
  await checkNode(ctx, pool, table, wallet)
  const rpc = pool.pin()
  const broker = await openBroker(ctx, table.all)
  const ledger = new Ledger(new KeyValue(broker, TX_SLOTS_BUCKET))
  const identity = await streamIdentity(broker, RESPONSES)
  const checkpoints = new CheckpointStore(new KeyValue(broker, SENDER_BUCKET), identity.created)
  const checkpoint = await checkpoints.load(identity, ctx.signal)
  const slots = await ledger.load(ctx.signal)
  // The node may hold transactions of a ledger that is gone.
  const pending = { below: await readPendingNonce(rpc, wallet.address), until: Date.now() + PENDING_GRACE_MS }
  logger.info(
    { wallet: wallet.address, checkpoint, slots: slots.length, pending_nonce: pending.below },
    'started to send answers',
  )

  const sender = new Sender(
    {
      rpc,
      broker,
      table,
      wallet,
      chainId: settings.gateway_chain_id,
      responses: identity,
      addressOf: contract => contractAddress(settings, contract),
      ledger,
      checkpoints,
      fees: new FeeQuote(rpc, {
        maxFeePerGas: BigInt(settings.max_fee_per_gas_gwei) * GWEI,
        maxPriorityFeePerGas: BigInt(settings.priority_fee_gwei) * GWEI,
        quoteForMs: 2_000,
      }),
      policy: policyOf(settings),
      budget: { attempts: settings.max_answer_attempts, ageMs: settings.max_answer_age },
      parkPauseMs: settings.park_pause,
      receiptPollingMs: settings.receipt_polling,
      inboxSize: settings.inbox_size ?? 4 * settings.max_open_transactions,
      metrics,
      logger,
    },
    new Map(slots.map(slot => [slot.record.nonce, slot])),
    checkpoint,
    pending,
  )
  watchSender(ctx, sender)
  watchWallet(ctx, rpc, wallet.address, metrics)
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

function watchSender(ctx: ServiceContext<SenderSettings>, sender: Sender): void {
  const { settings } = ctx
  ctx.readiness.add('sending', async () => {
    if (sender.parkedFor) throw new Error(`sending is paused: ${sender.parkedFor}`)
  })
  ctx.status('sender', () => ({
    checkpoint: sender.state.checkpoint,
    inbox: sender.state.inbox.size,
    slots: [...sender.state.slots.values()].map(({ state, record }) => ({ nonce: record.nonce, id: record.id, state })),
    parked: sender.parkedFor ?? null,
  }))
  const hardStop = new AbortController()
  ctx.run('sender', async signal => {
    const deadlineMs = Math.max(1_000, settings.shutdown_timeout - 5_000)
    signal.addEventListener('abort', () => setTimeout(() => hardStop.abort(), deadlineMs).unref(), { once: true })
    await sender.run(signal, hardStop.signal)
  })
}

function policyOf(settings: SenderSettings): SenderPolicy {
  return {
    window: settings.max_open_transactions,
    prepareAhead: settings.prepare_ahead,
    sendAhead: settings.send_ahead,
    commitBatch: Math.min(settings.max_open_transactions, 64),
    resendAfterMs: settings.resend_after,
    confirmations: settings.confirmations,
    checkpointEveryMs: settings.checkpoint_interval,
    lostAfterChecks: LOST_AFTER_CHECKS,
  }
}
