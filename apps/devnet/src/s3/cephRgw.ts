import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ConnectorError } from '@kms-connector/protocol'
import { endWithUs } from '../process/endWithUs.ts'

export interface CephRgwOptions {
  /** Key pair of the only user; every bucket is theirs. */
  readonly accessKey: string
  readonly secretKey: string
}

/** A radosgw process on loopback. */
export interface CephRgw {
  /** Base URL without a trailing slash, for path-style addressing. */
  readonly url: string
  readonly pid: number
  /** Ends this process and no other, SIGKILL after 5 s, and removes its objects; harmless when it is gone already. */
  stop(): Promise<void>
}

/** Root of the repository, four folders up from here in the sources as well as in the build. */
const PROGRAMS = fileURLToPath(new URL('../../../../.tools/ceph-rgw/bin/', import.meta.url))
const START_DEADLINE_MS = 20_000
const STOP_GRACE_MS = 5_000
const POLL_MS = 20
const LOG_SHOWN = 2_000
/** A port that was free may be taken before radosgw listens: it cannot choose one itself. */
const STARTS = 3

/** @returns whether `node scripts/install-ceph-rgw.mjs` has installed it */
export function cephRgwInstalled(): boolean {
  return existsSync(join(PROGRAMS, 'radosgw'))
}

/**
 * Starts Ceph RGW, an S3 server that is not ours, on a free loopback port with an empty store of its own, and waits until
 * it answers. It keeps buckets and objects in SQLite files (its store `dbstore`) and needs no Ceph cluster.
 * @throws ConnectorError DEVNET_PROCESS_FAILED with the end of its log when it does not come up within 20 s
 */
export async function startCephRgw(options: CephRgwOptions): Promise<CephRgw> {
  const dir = await mkdtemp(join(tmpdir(), 'kms-connector-rgw-'))
  const remove = () => rm(dir, { recursive: true, force: true, maxRetries: 3 })
  try {
    await createUser(dir, options)
    const { child, url } = await launch(dir)
    const pid = child.pid as number // CAST: it answers, so it was spawned
    return { url, pid, stop: () => end(child).then(remove) }
  } catch (fault) {
    await remove()
    throw fault
  }
}

function storeOptions(dir: string): string[] {
  return [
    '--no-config-file',
    '--no-mon-config',
    '--rgw_backend_store=dbstore',
    '--rgw_config_store=dbstore',
    `--dbstore_config_uri=file:${join(dir, 'config.db')}`,
    `--dbstore_db_dir=${dir}`,
    `--rgw_data=${dir}`,
    `--run_dir=${dir}`,
    `--rgw_luarocks_location=${join(dir, 'luarocks')}`,
    '--admin_socket=',
  ]
}

async function createUser(dir: string, { accessKey, secretKey }: CephRgwOptions): Promise<void> {
  const keys = [`--access-key=${accessKey}`, `--secret-key=${secretKey}`]
  const args = ['user', 'create', '--uid=devnet', '--display-name=devnet', ...keys, ...storeOptions(dir)]
  await promisify(execFile)(join(PROGRAMS, 'radosgw-admin'), args, { timeout: START_DEADLINE_MS }).catch(fault => {
    // The command line, which the error of Node shows, holds the secret key.
    const words = String(fault.stderr ?? fault.code).slice(-LOG_SHOWN)
    throw new ConnectorError('DEVNET_PROCESS_FAILED', `radosgw-admin cannot create a user: ${words}`)
  })
}

async function launch(dir: string): Promise<{ child: ChildProcess; url: string }> {
  for (let start = 1; ; start++) {
    const port = await freePort()
    const log = join(dir, `radosgw-${start}.log`)
    // Without tcp_nodelay every answer waits 40 ms for the delayed acknowledgement of the one before.
    const frontend = `--rgw_frontends=beast endpoint=127.0.0.1:${port} tcp_nodelay=1`
    const args = [
      '-f',
      ...storeOptions(dir),
      frontend,
      `--log-file=${log}`,
      '--debug_rgw=0',
      '--rgw_thread_pool_size=64',
    ]
    // A group of its own: Ctrl-C in a terminal reaches whoever started it, who stops it in order.
    const child = spawn(join(PROGRAMS, 'radosgw'), args, { stdio: 'ignore', detached: true })
    endWithUs(child)
    const url = `http://127.0.0.1:${port}`
    if (await comesUp(child, url)) return { child, url }
    await end(child)
    const words = (await readFile(log, 'utf8').catch(() => '')).slice(-LOG_SHOWN)
    if (start < STARTS && /Address already in use/i.test(words)) continue
    throw new ConnectorError('DEVNET_PROCESS_FAILED', `radosgw did not come up on port ${port}: ${words}`)
  }
}

async function comesUp(child: ChildProcess, url: string): Promise<boolean> {
  let failed = false
  child.once('error', () => {
    failed = true
  })
  const deadline = performance.now() + START_DEADLINE_MS
  while (performance.now() < deadline && !failed && !hasExited(child)) {
    if (await listsBuckets(url)) return !hasExited(child)
    await sleep(POLL_MS)
  }
  return false
}

/** Anonymous callers get an empty list. */
async function listsBuckets(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000), headers: { connection: 'close' } })
    return (await answer.text()).includes('<ListAllMyBucketsResult')
  } catch {
    return false
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

async function end(child: ChildProcess): Promise<void> {
  if (hasExited(child)) return
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS)
  await exited
  clearTimeout(timer)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
