import { arch, platform, release, totalmem, uptime } from 'node:os'
import { OPERATIONS_V0_11, toConnectorError } from '@kms-connector/protocol'
import { createRedactor, topologySettings } from '@kms-connector/service-kit'
import {
  type Broker,
  bucketStream,
  CURSOR_BUCKET,
  DEAD_LETTERS,
  decodeDeadLetter,
  messageAt,
  OUTCOMES,
  RESPONSES,
  requestStream,
  SENDER_BUCKET,
  TX_SLOTS_BUCKET,
  topologyOf,
} from '@kms-connector/streams'
import type { CommandContext } from '../commandContext.ts'
import { CHECKS } from '../doctor/checks.ts'
import { runChecks } from '../doctor/runChecks.ts'
import { readNode } from '../node/nodeFacts.ts'
import { TABLE } from '../request/brokerFacts.ts'
import type { ArchiveFile } from './tarGz.ts'

/** Newest dead letters whose faults are told. */
const MOST_FAULTS = 200

/**
 * Everything that helps somebody else to understand this node, and nothing secret: settings as they may be shown, state of
 * streams and consumers, recent faults without the messages they are about, what doctor and status say, versions. What cannot
 * be read is a line in its file.
 */
export async function bundleFiles(context: CommandContext): Promise<readonly ArchiveFile[]> {
  const clean = createRedactor(context.loaded.secrets)
  const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)
  const file = async (name: string, read: () => Promise<unknown>): Promise<ArchiveFile> => {
    const value = await context.step(name, read).catch((fault: unknown) => ({ fault: toConnectorError(fault).message }))
    return { name: `kms-connector/${name}.json`, text: clean(`${JSON.stringify(value, plain, 2)}\n`) }
  }
  const broker = () => context.broker()
  return Promise.all([
    file('settings', async () => ({ entries: context.loaded.entries, warnings: context.loaded.warnings })),
    file('versions', async () => versions(await broker().catch(() => undefined))),
    file('topology', async () => topologyOf(OPERATIONS_V0_11, topologySettings(context.settings))),
    file('streams', async () => streamStates(await broker())),
    file('faults', async () => recentFaults(await broker())),
    file('doctor', () => runChecks(context, CHECKS)),
    file('status', () => readNode(context, [])),
  ])
}

function versions(broker: Broker | undefined) {
  const server = broker?.features.version ?? 'not reached'
  const machine = { platform: platform(), release: release(), arch: arch(), memory: totalmem(), uptime_s: uptime() }
  return { at: new Date().toISOString(), node: process.version, nats_server: server, machine }
}

async function streamStates(broker: Broker): Promise<unknown> {
  const requests = TABLE.all.map(requestStream)
  const names = [
    ...requests,
    RESPONSES,
    OUTCOMES,
    DEAD_LETTERS,
    ...[CURSOR_BUCKET, TX_SLOTS_BUCKET, SENDER_BUCKET].map(bucketStream),
  ]
  const states = names.map(async name => {
    try {
      const { config, state, cluster, created } = await broker.manager.streams.info(name)
      const consumers = await broker.manager.consumers.list(name).next()
      const positions = consumers.map(
        ({ name: consumer, delivered, ack_floor, num_pending, num_ack_pending, num_waiting, num_redelivered }) => ({
          consumer,
          delivered,
          ack_floor,
          num_pending,
          num_ack_pending,
          num_waiting,
          num_redelivered,
        }),
      )
      return { name, created, config, state, cluster, consumers: positions }
    } catch (fault) {
      return { name, fault: fault instanceof Error ? fault.message : String(fault) }
    }
  })
  return Promise.all(states)
}

/** Codes, texts and attempts of the newest dead letters; never the messages. */
async function recentFaults(broker: Broker): Promise<unknown> {
  const { state } = await broker.manager.streams.info(DEAD_LETTERS)
  const first = Math.max(1, state.first_seq, state.last_seq - MOST_FAULTS + 1)
  const faults: unknown[] = []
  for (let seq = state.last_seq; seq >= first; seq--) {
    const message = await messageAt(broker, DEAD_LETTERS, seq)
    if (!message) continue
    const { stage, operation, key, code, detail, at, source, history } = decodeDeadLetter(message.body)
    faults.push({ seq, stage, operation, key, code, detail, at, source, history })
  }
  return { kept: state.messages, newest: faults }
}
