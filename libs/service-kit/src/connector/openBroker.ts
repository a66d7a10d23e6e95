import { readFile } from 'node:fs/promises'
import { ConnectorError, type Operation } from '@kms-connector/protocol'
import {
  type Broker,
  type BrokerSettings,
  checkBroker,
  connectBroker,
  DEFAULT_TOPOLOGY,
  drainBroker,
  provision,
  type TopologySettings,
  topologyOf,
  watchTopology,
} from '@kms-connector/streams'
import type { ProcessSettings } from '../processSettings.ts'
import type { ServiceContext } from '../service.ts'
import type { Loaded } from '../settings/declare.ts'
import { BrokerLog } from './brokerLog.ts'
import type { brokerSettings } from './brokerSettings.ts'

/** Pause between two looks whether everything is still on the broker. */
const WATCH_MS = 3_000

export type BrokerLoaded = Loaded<typeof brokerSettings>

/**
 * Connects to NATS as the settings say, makes sure the streams are what they should be, and takes part in readiness and
 * shutdown. Waits for a server that is not up yet.
 * @throws ConnectorError TOPOLOGY_DRIFT, BROKER_FEATURE_MISSING or SETTINGS_INVALID
 */
export async function openBroker<V extends ProcessSettings & BrokerLoaded>(
  ctx: ServiceContext<V>,
  operations: readonly Operation[],
): Promise<Broker> {
  const { settings, logger } = ctx
  const log = new BrokerLog(logger)
  const opened: { broker?: Broker } = {}
  ctx.readiness.add('nats', async () => {
    if (opened.broker) return checkBroker(opened.broker)
    throw new Error(log.problem ?? 'not connected yet')
  })
  const broker = await openConnection(ctx, settings.service_name, log)
  opened.broker = broker
  const topology = topologyOf(operations, topologySettings(settings))
  const report = await provision(broker, topology, settings.streams.provision)
  const { created, updated, drifted } = report
  if (created.length > 0) logger.info({ created }, 'created streams, consumers and buckets')
  if (updated.length > 0) logger.info({ updated }, 'updated streams and consumers')
  if (drifted.length > 0) {
    const hint = 'Make streams.* the same for all services; `kms-connector topology apply --shorten` lowers limits.'
    logger.warn({ drifted, hint }, 'streams differ from the settings and were left alone')
  }
  const onUnanswered = (err: ConnectorError) => logger.debug({ err }, 'could not look whether all streams are there')
  ctx.run('streams', signal => watchTopology(broker, topology, { signal, everyMs: WATCH_MS, onUnanswered }))
  return broker
}

/**
 * One more connection to NATS. What consumes deserves its own, so that publishing never waits behind what it buffers.
 * @param name shown by the server in its list of connections
 */
export async function openConnection<V extends ProcessSettings & BrokerLoaded>(
  ctx: ServiceContext<V>,
  name: string,
  log = new BrokerLog(ctx.logger),
): Promise<Broker> {
  const options = { ...(await brokerOptions(ctx.settings)), name }
  const broker = await connectBroker(options, status => log.tell(status), ctx.signal)
  ctx.onStop(`connection ${name}`, () => drainBroker(broker))
  ctx.run(`connection ${name}`, signal => untilClosed(broker, signal))
  return broker
}

/** The client reconnects without limit; a connection that ends anyway leaves the process useless. */
async function untilClosed(broker: Broker, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  const fault = await Promise.race([broker.closed, stopped])
  if (!signal.aborted) throw fault ?? new ConnectorError('BROKER_UNAVAILABLE', 'the connection to NATS was closed')
}

/** How to connect, as the settings say; the name of the connection is left to the caller. */
export async function brokerOptions(settings: BrokerLoaded): Promise<Omit<BrokerSettings, 'name'>> {
  const { nats_tls: tls, nats_user: user, nats_password: password, nats_credentials_file: credentialsFile } = settings
  const { nats_nkey_seed_file: seedFile, nats_inbox_prefix: inboxPrefix } = settings
  return {
    servers: settings.nats_url,
    ignoreClusterUpdates: settings.nats_behind_load_balancer,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(credentialsFile === undefined ? {} : { credentials: await readFile(credentialsFile, 'utf8') }),
    ...(seedFile === undefined ? {} : { nkeySeed: await readFile(seedFile, 'utf8') }),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.ca_file === undefined ? {} : { caFile: tls.ca_file }),
            ...(tls.cert_file === undefined ? {} : { certFile: tls.cert_file }),
            ...(tls.key_file === undefined ? {} : { keyFile: tls.key_file }),
          },
        }),
  }
}

/** The topology that the settings describe. */
export function topologySettings({ streams }: BrokerLoaded): TopologySettings {
  return {
    ...DEFAULT_TOPOLOGY,
    replicas: streams.replicas,
    ages: {
      decryption: streams.decryption_age,
      keyManagement: streams.key_management_age,
      responses: streams.response_age,
      outcomes: streams.outcome_age,
      senderLease: streams.sender_lease_age,
    },
    bytes: {
      decryption: streams.decryption_bytes,
      keyManagement: streams.key_management_bytes,
      responses: streams.response_bytes,
      outcomes: streams.outcome_bytes,
      deadLetters: streams.dead_letter_bytes,
    },
    maxAckPending: {
      decryption: streams.decryption_max_ack_pending,
      keyManagement: streams.key_management_max_ack_pending,
    },
    ackWaitMs: streams.ack_wait,
  }
}
