import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ConnectorError, type Hex } from '@kms-connector/protocol'
import { withDeadline } from '@kms-connector/service-kit'
import { mnemonicToAccount } from 'viem/accounts'
import { endWithUs } from '../process/endWithUs.ts'

export interface AnvilOptions {
  readonly chainId: number
  /** Seconds between blocks, fractions allowed; left out: one block per transaction, at once. */
  readonly blockTimeSeconds?: number
  /** Gas of one block. */
  readonly gasLimit?: bigint
  /** Left out or 0: the operating system picks a free one. */
  readonly port?: number
  /** How many {@link devKey} accounts hold native tokens. */
  readonly accounts?: number
  /** `finalized` lags the head by two epochs of this many blocks; left out: the chain's default of 32. */
  readonly slotsInAnEpoch?: number
  /**
   * A chain to begin on top of, with its URL. Blocks are then made without a state root, whose computation walks everything
   * that is stored: 60 ms a block after some thousand requests.
   */
  readonly forkUrl?: string
  /** False: states of past blocks are forgotten. Each is a copy of everything stored. */
  readonly pastStates?: boolean
  /** Loaded at start if it exists, written at stop: the chain survives a restart. */
  readonly stateFile?: string
  /** Deadline of the start in milliseconds. */
  readonly startTimeoutMs?: number
}

export interface Anvil {
  readonly chainId: number
  readonly rpcUrl: string
  readonly wsUrl: string
  readonly pid: number
  /** Resolves when the process is gone, asked to or not. */
  readonly exited: Promise<void>
  /** Ends this process and no other; harmless when it is gone already. */
  stop(): Promise<void>
}

const MNEMONIC = 'test test test test test test test test test test test junk'
const LISTENING = /Listening on 127\.0\.0\.1:(\d+)/
const OUTPUT_KEPT = 4000
const STOP_GRACE_MS = 5000

/** Private key of a funded account of every devnet chain (the well-known test mnemonic: worthless anywhere else). */
export function devKey(index: number): Hex {
  const key = mnemonicToAccount(MNEMONIC, { addressIndex: index }).getHdKey().privateKey
  if (!key) throw new RangeError(`no development key ${index}`)
  return `0x${Buffer.from(key).toString('hex')}`
}

/**
 * Starts an EVM chain on loopback and waits until it answers.
 * @throws ConnectorError DEVNET_PROCESS_FAILED with the output of the process when it ends early, is late or serves another chain
 */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  // A group of its own: Ctrl-C in a terminal reaches whoever started it, who stops it in order.
  const child = spawn(anvilBinary(), argumentsOf(options), { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  endWithUs(child)
  const exited = new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = () => stopChild(child, exited)
  try {
    const startTimeoutMs = options.startTimeoutMs ?? 30_000
    const late = () => new ConnectorError('DEVNET_PROCESS_FAILED', `anvil is not up after ${startTimeoutMs} ms`)
    return await withDeadline(startTimeoutMs, late, async signal => {
      const port = await listeningPort(child)
      const rpcUrl = `http://127.0.0.1:${port}`
      await expectChain(rpcUrl, options.chainId, signal)
      const pid = child.pid as number // CAST: it is listening, so it was spawned
      return { chainId: options.chainId, rpcUrl, wsUrl: `ws://127.0.0.1:${port}`, pid, exited, stop }
    })
  } catch (fault) {
    await stop()
    throw fault
  }
}

/** The npm package is a launcher in JavaScript; the binary itself is started, so that signals and pid are its own. */
function anvilBinary(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const launcher = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json')
  const name = `@foundry-rs/anvil-${process.platform}-${arch}`
  try {
    const platform = createRequire(launcher).resolve(`${name}/package.json`)
    return join(dirname(platform), 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil')
  } catch (fault) {
    throw new ConnectorError('DEVNET_PROCESS_FAILED', `the package ${name} is not installed`, {}, fault)
  }
}

function argumentsOf(options: AnvilOptions): string[] {
  const flags: Record<string, string | number | bigint | true | undefined> = {
    '--host': '127.0.0.1',
    '--port': options.port ?? 0,
    '--chain-id': options.chainId,
    '--block-time': options.blockTimeSeconds,
    '--gas-limit': options.gasLimit ?? 300_000_000n,
    '--mnemonic': MNEMONIC,
    '--accounts': options.accounts ?? 30,
    '--balance': 1_000_000,
    '--slots-in-an-epoch': options.slotsInAnEpoch,
    '--fork-url': options.forkUrl,
    '--prune-history': options.pastStates === false ? true : undefined,
    '--state': options.stateFile,
    '--hardfork': 'cancun',
  }
  return Object.entries(flags).flatMap(([flag, value]) => {
    if (value === undefined) return []
    return value === true ? [flag] : [flag, String(value)]
  })
}

/** The process names the port it got: nobody can take it between choosing and listening. */
function listeningPort(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let output = ''
  const failed = (what: string, cause?: unknown) =>
    reject(
      new ConnectorError('DEVNET_PROCESS_FAILED', `anvil ${what}: ${output.trim().slice(-OUTPUT_KEPT)}`, {}, cause),
    )
  const onData = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2 * OUTPUT_KEPT)
    const port = LISTENING.exec(output)?.[1]
    if (port === undefined) return
    child.stdout?.off('data', onData)
    resolve(Number(port))
  }
  child.stdout?.on('data', onData)
  child.stderr?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2 * OUTPUT_KEPT)
  })
  child.once('error', fault => failed('did not start', fault))
  // `close` comes after the last output, so that the reason is in the message.
  child.once('close', code => failed(`ended with exit code ${code}`))
  // A pipe nobody reads would stop the process once it is full.
  void promise.then(() => child.stdout?.resume()).catch(() => {})
  return promise
}

async function expectChain(rpcUrl: string, chainId: number, signal: AbortSignal): Promise<void> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
    signal,
  })
  const answer = JSON.stringify(await response.json())
  if (answer.includes(`"0x${chainId.toString(16)}"`)) return
  throw new ConnectorError(
    'DEVNET_PROCESS_FAILED',
    `anvil serves another chain than ${chainId}: ${answer.slice(0, 200)}`,
  )
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS)
  await exited
  clearTimeout(timer)
}
