import { ConnectorError, decodeRequest, type Request } from '@kms-connector/protocol'
import { newestMessage, requestStream, requestSubject } from '@kms-connector/streams'
import type { CommandContext } from '../commandContext.ts'
import { readBroker, TABLE } from './brokerFacts.ts'
import { readChain } from './chainFacts.ts'
import type { GatewaySettings } from './chainReader.ts'
import { Gathering } from './gathering.ts'
import { isBlind, type RequestFacts } from './requestFacts.ts'
import { readSender, readWallet, walletAddressOf } from './senderFacts.ts'
import type { Subject } from './subject.ts'
import { readAccess, readCiphertexts, readCore } from './workFacts.ts'

/**
 * Reads everything that tells why a request is where it is. Changes nothing; each source has its own deadline, and one that
 * does not answer is a gap in the facts.
 */
export async function gatherRequestFacts(
  context: CommandContext,
  { operation, id, block }: Subject,
): Promise<RequestFacts> {
  const { settings, loaded, timeoutMs } = context
  const gathering = new Gathering(timeoutMs, loaded.secrets)
  const { gateway_url, gateway_chain_id } = settings
  if (!gateway_url) gathering.gaps.push('Gateway: gateway_url is not in the settings, give them with --config FILE')
  const gateway = gateway_url && { ...settings, gateway_url }
  const broker = await gathering.read('NATS', async () =>
    readBroker(await context.broker(), operation, id, gateway_chain_id),
  )
  const { stored } = broker ?? {}
  const origin = stored?.first?.origin ?? stored?.newestRerun?.origin ?? stored?.response?.origin
  const settled = stored?.outcome && stored.outcome.status !== 'dead'
  const waitsForWork = broker && stored?.response === undefined && !settled
  const request = waitsForWork ? await gathering.read('request', () => readRequest(context, operation, id)) : undefined
  const [chain, sender, wallet, access, ciphertexts, core] = await Promise.all([
    gateway &&
      gathering.read('Gateway', signal =>
        readChain(gateway, operation, id, { block: block ?? origin?.blockNumber }, signal),
      ),
    broker && gathering.read('sender', async () => readSender(await context.broker())),
    gateway && gathering.read('wallet', () => walletFacts(gateway, timeoutMs)),
    gateway && request && gathering.read('access', () => readAccess(gateway, request, timeoutMs)),
    gateway && request && gathering.read('buckets', signal => readCiphertexts(gateway, request, timeoutMs, signal)),
    waitsForWork && gathering.read('KMS Core', signal => readCore(settings, signal)),
  ])
  if (typeof access === 'object' && isBlind(access)) gathering.gaps.push(`access: ${access.code}: ${access.detail}`)
  return {
    id,
    operation: operation.name,
    group: operation.group,
    now: Date.now(),
    broker,
    chain,
    work: { access, ciphertexts, core: core || undefined },
    sender,
    wallet,
    gaps: gathering.gaps,
  }
}

async function walletFacts(settings: GatewaySettings, timeoutMs: number) {
  const address = await walletAddressOf(settings)
  return address && readWallet(settings, address, timeoutMs)
}

async function readRequest(
  context: CommandContext,
  operation: Subject['operation'],
  id: Subject['id'],
): Promise<Request | undefined> {
  const message = await newestMessage(await context.broker(), requestStream(operation), requestSubject(operation, id))
  try {
    return message && decodeRequest(TABLE, message.body)
  } catch (fault) {
    if (fault instanceof ConnectorError) return undefined
    throw fault
  }
}
