import { RpcPool } from '@kms-connector/gateway'
import { type BackfillRequest, backfill, openBackfill } from '@kms-connector/gw-listener'
import {
  type Address,
  ConnectorError,
  type ContractName,
  OPERATIONS_V0_11,
  OperationTable,
} from '@kms-connector/protocol'
import { type CommandSettings, createLogger } from '@kms-connector/service-kit'
import { COMMAND_EXIT, defineCommand, JSON_OPTION, WrongUse } from '../command.ts'

const DEFAULT_RATE = 50
const FASTEST = 10_000
/** Blocks behind its peers at which an endpoint is not asked. */
const MAX_LAG = 100

export const backfillCommand = defineCommand({
  usage: '--from BLOCK --to BLOCK [--operation NAME]... [--dry-run] [OPTIONS]',
  describe: `
Reads blocks once more and publishes the requests that the streams lack, by the path of the live listener.
What is there is left alone, cursors are not touched, and listeners may go on working beside it.

A request that is older than the streams remember counts as missing and is computed again; the chain
refuses a second answer of ours, so that costs work and gas for nothing. Start with --dry-run.

Needs gateway_url, gateway_chain_id and the addresses of the contracts, as in the settings of gw-listener.
With --dry-run it exits with 2 when something is missing.`,
  options: {
    from: { type: 'string', value: 'BLOCK', describe: 'first block to read' },
    to: { type: 'string', value: 'BLOCK', describe: 'last block to read' },
    operation: { type: 'string', multiple: true, value: 'NAME', describe: 'only this operation; may be repeated' },
    'dry-run': { type: 'boolean', describe: 'compare and tell, publish nothing' },
    rate: { type: 'string', value: 'N', describe: `requests published a second, at most; ${DEFAULT_RATE} by default` },
    ...JSON_OPTION,
  },
  async run(context, { from, to, operation: names, 'dry-run': dryRun, rate, json }) {
    const range = { from: blockOf('--from', from), to: blockOf('--to', to) }
    if (range.to < range.from) throw new WrongUse(`--to ${range.to} is below --from ${range.from}`)
    const requestsPerSecond = rate === undefined ? DEFAULT_RATE : numberOf('--rate', rate, 1, FASTEST)
    const table = new OperationTable(OPERATIONS_V0_11)
    const known = table.all.map(({ name }) => name)
    const unknown = names.find(name => !known.includes(name))
    if (unknown !== undefined) throw new WrongUse(`--operation "${unknown}" is none of ${known.join(', ')}`)
    const operations = names.length === 0 ? table.all : names.map(name => table.named(name))
    const { settings, loaded, timeoutMs } = context
    const chainId = settings.gateway_chain_id ?? missing('gateway_chain_id')
    const addressOf = addressesOf(settings)
    for (const contract of table.contracts(operations)) addressOf(contract)
    const pool = await openPool(settings, chainId, timeoutMs)
    const found: BackfillRequest[] = []
    const onRequest = (request: BackfillRequest) => {
      if (json) found.push(request)
      else if (request.state !== 'there') context.print(lineOf(request))
    }
    const destination = { write: (line: string) => context.output.err(line) }
    const logger = createLogger({
      service: 'backfill',
      version: '0.1.0',
      level: 'error',
      secrets: loaded.secrets,
      destination,
    })
    const broker = await context.broker()
    const plan = { ...range, operations, dryRun, requestsPerSecond }
    const source = {
      pool,
      broker,
      table,
      chainId,
      addressOf,
      maxRange: settings.get_logs_batch_size,
      logger,
      onRequest,
    }
    const watch = new Watch(timeoutMs)
    const report = await backfill(openBackfill(source, plan), plan, watch).finally(() => watch.stop())
    if (json) context.printJson({ ...report, dry_run: dryRun, requests: found })
    else {
      const verb = dryRun ? 'missing' : 'published'
      const rest = `${report.there} there already, ${report.conflict} conflicts, ${report.undecodable} undecodable`
      context.print(`blocks ${report.from} to ${report.to}: ${report.missing} ${verb}, ${rest}`)
    }
    return dryRun && report.missing > 0 ? COMMAND_EXIT.problems : COMMAND_EXIT.done
  },
})

/** Ends a backfill that makes no progress: a broker that went away would be waited for without end. */
class Watch {
  readonly #silence = new AbortController()
  readonly #patienceMs: number
  #timer: NodeJS.Timeout | undefined
  readonly signal = this.#silence.signal

  /** @param timeoutMs deadline of one step */
  constructor(timeoutMs: number) {
    this.#patienceMs = 6 * timeoutMs
    this.beat()
  }

  readonly beat = (): void => {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const detail = `the backfill got no further for ${this.#patienceMs} ms; what was published stays, it can be run again`
      this.#silence.abort(new ConnectorError('BROKER_UNAVAILABLE', detail))
    }, this.#patienceMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

async function openPool(settings: CommandSettings, chainId: number, timeoutMs: number): Promise<RpcPool> {
  const pool = new RpcPool({
    urls: settings.gateway_url ?? missing('gateway_url'),
    chainId,
    timeoutMs: Math.min(timeoutMs, settings.gateway_timeout),
    limits: { maxLag: MAX_LAG },
  })
  await pool.probe()
  const reports = pool.report()
  if (!reports.every(({ wrongChain }) => wrongChain)) return pool
  const found = reports.map(({ endpoint, why }) => `${endpoint} ${why}`).join(', ')
  throw new ConnectorError('CHAIN_ID_MISMATCH', `${found}, the settings say ${chainId}`)
}

function addressesOf({ decryption_contract, kms_generation_contract }: CommandSettings) {
  return (contract: ContractName): Address =>
    contract === 'Decryption'
      ? (decryption_contract?.address ?? missing('decryption_contract.address'))
      : (kms_generation_contract?.address ?? missing('kms_generation_contract.address'))
}

function missing(name: string): never {
  throw new ConnectorError(
    'SETTINGS_INVALID',
    `${name} is missing: give the settings of gw-listener with --config FILE`,
  )
}

function blockOf(option: string, text: string | undefined): number {
  if (text === undefined) throw new WrongUse(`${option} is missing`)
  return numberOf(option, text, 0, Number.MAX_SAFE_INTEGER)
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new WrongUse(`${option} "${text.slice(0, 80)}" is no whole number from ${least} to ${most}`)
}

const lineOf = ({ state, operation, id, block, transactionHash }: BackfillRequest) =>
  `${state.padEnd(11)} ${operation} ${id ?? '-'} block ${block} ${transactionHash}`
