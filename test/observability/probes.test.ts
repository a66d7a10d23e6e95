import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { startTcpProxy, type TcpProxy } from '../../apps/devnet/src/faults/index.ts'
import { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { until } from '../kms-worker/workerBench.ts'
import { startWorld, type World } from '../kms-worker/world.ts'
import { KeyNode, type ServiceName } from '../operations/keyNode.ts'
import { RecordingCore } from '../operations/recordingCore.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

/** Nothing gets through and nobody is told, as behind a machine that is paused. */
const PAUSED = { stall: ['up', 'down'] } as const
const APPS: Readonly<Record<ServiceName, string>> = {
  listener: 'gw-listener',
  worker: 'kms-worker',
  sender: 'tx-sender',
}

interface Dependencies {
  readonly nats: TcpProxy
  readonly gateway: TcpProxy
  readonly kms_core: TcpProxy
}

async function proxied(t: TestContext, target: string): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ target })
  t.after(() => proxy.stop())
  return proxy
}

/** A service as a process that reaches everything through proxies. */
async function start(t: TestContext, name: ServiceName): Promise<{ service: ServiceProcess; on: Dependencies }> {
  const core = await RecordingCore.start(t, world)
  const node = await KeyNode.open(world, { coreUrl: core.url })
  const { KMS_CONNECTOR_NATS_URL: natsUrl = '' } = node.environment(name)
  const on = {
    nats: await proxied(t, natsUrl),
    gateway: await proxied(t, world.rpcUrl),
    kms_core: await proxied(t, core.url),
  }
  const env = node.environment(name, {
    LOG_LEVEL: 'info',
    NATS_URL: on.nats.url,
    GATEWAY_URL: on.gateway.url,
    GATEWAY_TIMEOUT: '1s',
    RPC_PROBE_INTERVAL: '200ms',
    HEALTHCHECK_TIMEOUT: '500ms',
    ...(name === 'worker' ? { KMS_CORE_ENDPOINTS: on.kms_core.url } : {}),
  })
  const service = await ServiceProcess.spawn({
    name,
    entry: new URL(`../../apps/${APPS[name]}/src/main.ts`, import.meta.url).pathname,
    args: ['start'],
    env,
    logFile: join(node.dir, `${name}.log`),
    urlOf: line => /"monitoring_url":"([^"]+)"/.exec(line)?.[1],
    readyPage: '/readyz',
  })
  t.after(async () => {
    await service.kill('SIGKILL')
    await node.stop()
  })
  return { service: await service.ready(), on }
}

async function page({ url }: ServiceProcess, path: string) {
  const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(10_000) })
  // CAST: every page that is asked for here is a JSON object
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> }
}

const dependencies: readonly (readonly [ServiceName, readonly (keyof Dependencies)[]])[] = [
  ['listener', ['nats', 'gateway']],
  ['worker', ['nats', 'gateway', 'kms_core']],
  ['sender', ['nats', 'gateway']],
]
for (const [name, needed] of dependencies) {
  test(`${name}: each dependency that is paused shows on /healthz and on no other probe, until it is resumed`, async t => {
    const { service, on } = await start(t, name)
    assert.deepEqual(await page(service, '/liveness'), { status: 200, body: { status_code: '200', status: 'alive' } })
    const version = await page(service, '/version')
    assert.deepEqual(Object.keys(version.body), ['name', 'version', 'build'])
    assert.equal(version.body['name'], APPS[name])
    for (const dependency of needed) {
      const field = `${dependency}_connected`
      const shows = async (status: number, connected: boolean) => {
        const health = await page(service, '/healthz')
        return health.status === status && health.body['healthy'] === connected && health.body[field] === connected
      }
      assert.ok(await until(`${dependency} is there`, () => shows(200, true)))
      on[dependency].faults = PAUSED
      await until(`${dependency} is missed`, () => shows(503, false))
      // An orchestrator that killed the process now would help nobody.
      assert.equal((await page(service, '/livez')).status, 200)
      on[dependency].faults = {}
      await until(`${dependency} is back`, () => shows(200, true))
    }
    assert.equal(service.state, 'ready', 'it is the same process')
    assert.deepEqual(await service.stop(), { code: 0, signal: null })
  })
}
