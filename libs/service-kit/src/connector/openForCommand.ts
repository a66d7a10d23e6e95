import { expectChainId, Rpc } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import { type Broker, connectBroker } from '@kms-connector/streams'
import { withDeadline } from '../deadline.ts'
import { formatDuration } from '../duration.ts'
import { displayUrl } from '../redact.ts'
import type { CommandSettings } from './commandSettings.ts'
import { brokerOptions } from './openBroker.ts'

/**
 * Connects to NATS for one command: unlike a service it does not wait for a server that is away, and provisions nothing.
 * @param timeoutMs milliseconds for connecting
 * @throws ConnectorError BROKER_UNAVAILABLE naming the servers and what they said last, BROKER_FEATURE_MISSING
 */
export async function openCommandBroker(settings: CommandSettings, timeoutMs: number): Promise<Broker> {
  const options = { ...(await brokerOptions(settings)), name: 'kms-connector command' }
  let lastWords = 'no answer'
  const late = () => {
    const servers = settings.nats_url.map(displayUrl).join(', ')
    return new ConnectorError(
      'BROKER_UNAVAILABLE',
      `no connection to ${servers} within ${formatDuration(timeoutMs)}: ${lastWords}`,
    )
  }
  const heard = (detail: string) => {
    lastWords = detail
  }
  return withDeadline(timeoutMs, late, signal =>
    connectBroker(options, status => status.kind === 'unreachable' && heard(status.detail), signal),
  )
}

/**
 * Opens the first Gateway endpoint of the settings that answers and serves the right chain.
 * @param timeoutMs milliseconds for each endpoint
 * @throws ConnectorError SETTINGS_INVALID naming the setting that is missing; CHAIN_ID_MISMATCH or RPC_UNAVAILABLE of the
 *   last endpoint
 */
export async function openCommandGateway(settings: CommandSettings, timeoutMs: number): Promise<Rpc> {
  const { gateway_url: urls, gateway_chain_id: chainId, gateway_timeout } = settings
  if (urls === undefined) throw missing('gateway_url')
  if (chainId === undefined) throw missing('gateway_chain_id')
  let last: unknown
  for (const url of urls) {
    const rpc = new Rpc({ url, timeoutMs: Math.min(timeoutMs, gateway_timeout) })
    try {
      await expectChainId(rpc, chainId)
      return rpc
    } catch (fault) {
      last = fault
    }
  }
  throw last
}

function missing(name: string): ConnectorError {
  const detail = `${name} is missing: give the file of a service with --config FILE, or set KMS_CONNECTOR_${name.toUpperCase()}`
  return new ConnectorError('SETTINGS_INVALID', detail)
}
