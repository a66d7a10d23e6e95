import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { PipelineBench, small } from '../e2e/pipelineBench.ts'
import { helmBinary, type Rendered, ROOT, render, type Values } from './chart.ts'
import { CleanRoot, cannotEnter } from './cleanRoot.ts'

const skip = helmBinary() ? false : 'helm cannot be had here'
const PATIENCE_MS = 60_000
/** Entry point of the image. */
const PROGRAM = '/usr/bin/kms-connector'

/** A pod as far as it can be run without Kubernetes. */
interface Container {
  readonly name: string
  readonly command?: readonly string[]
  readonly args: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } }
  }[]
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[]
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } }
}
type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>

let bench: PipelineBench
let root: CleanRoot | undefined
const running: ChildProcess[] = []

before(async () => {
  if (skip) return
  if (!cannotEnter()) root = CleanRoot.assemble()
  bench = await PipelineBench.start({ workers: 1 })
  // The chart brings the connector; of the devnet only its surroundings are needed.
  const { listener, workers, sender } = bench.devnet.node
  for (const service of [listener, ...workers, sender]) await service.stop()
})
after(async () => {
  for (const child of running) child.kill('SIGKILL')
  await bench?.stop()
  root?.remove()
})

function valuesOf({ devnet }: PipelineBench): Values {
  const { chains, contracts, node } = devnet
  return {
    common: {
      settings: {
        nats_url: [node.nats.url],
        gateway_chain_id: chains.gateway.chainId,
        decryption_contract: { address: contracts.gateway.decryption },
        kms_generation_contract: { address: contracts.gateway.kmsGeneration },
        gateway_config_contract: { address: contracts.gateway.gatewayConfig },
      },
      secretSettings: { gateway_url: { name: 'rpc', key: 'gateway' } },
    },
    hostChains: {
      devnet: { url: chains.host.rpcUrl, chain_id: chains.host.chainId, acl_address: contracts.acl },
    },
    gwListener: {
      settings: {
        decryption_from_block_number: contracts.gateway.deployedAtBlock,
        kms_operation_from_block_number: contracts.gateway.deployedAtBlock,
      },
    },
    kmsWorker: {
      settings: {
        kms_core_endpoints: [node.core.url],
        wallet_address: node.wallet.address,
        // The registered buckets of the devnet are on loopback.
        allow_private_buckets: true,
      },
    },
    txSender: { wallet: { privateKey: { name: 'wallet', key: 'key' } } },
    requestStatus: { enabled: true },
  }
}

/** The environment that Kubernetes would give a container, out of the rendered objects and the Secrets they name. */
function environmentOf(container: Container, objects: readonly Rendered[], secrets: Secrets): Record<string, string> {
  const env: Record<string, string> = {}
  for (const { configMapRef } of container.envFrom) {
    const map = objects.find(o => o.kind === 'ConfigMap' && o.metadata.name === configMapRef.name)
    assert.ok(map, configMapRef.name)
    Object.assign(env, map['data'])
  }
  for (const { name, value, valueFrom } of container.env) {
    const ref = valueFrom?.secretKeyRef
    const given = ref ? secrets[ref.name]?.[ref.key] : (value ?? container.name)
    assert.ok(given, name)
    env[name] = given
  }
  return env
}

interface Workload extends Rendered {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } }
}

function containersOf(objects: readonly Rendered[], kind: string): readonly Container[] {
  const isWorkload = (object: Rendered): object is Workload => object.kind === kind && 'spec' in object
  const workloads = objects.filter(isWorkload)
  return workloads.map(({ spec }) => spec.template.spec.containers[0])
}

/** In the clean root of the image where it can be entered, else as a process of this machine. */
function start({ command = [PROGRAM], args }: Container, env: Readonly<Record<string, string>>): ChildProcess {
  const main = join(ROOT, 'apps', 'cli', 'dist', 'main.js')
  const flags = command.filter(part => part.startsWith('--'))
  const child = root
    ? root.spawn([...command, ...args], env)
    : spawn(process.execPath, [...flags, main, ...args], { env: { ...env } })
  running.push(child)
  return child
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  assert.ok(typeof address === 'object' && address)
  return address.port
}

async function untilReady(url: string, output: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const response = await fetch(url).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok) return
    assert.ok(performance.now() < deadline, `${url} is not ready:\n${output()}`)
    await pause(100)
  }
}

test('what the chart renders, run as processes with the same environment and arguments, answers decryptions', {
  skip,
}, async t => {
  t.diagnostic(root ? `in the root of the image: ${root.summary}` : 'as processes of this machine')
  const objects = render(valuesOf(bench))
  const { wallet } = bench.devnet.node
  const secrets = {
    rpc: { gateway: bench.devnet.chains.gateway.rpcUrl },
    wallet: { key: wallet.privateKey },
  }
  const [job] = containersOf(objects, 'Job')
  assert.ok(job)
  const topology = start(job, environmentOf(job, objects, secrets))
  const [code] = await once(topology, 'exit')
  assert.equal(code, 0, 'the topology job')
  for (const container of containersOf(objects, 'Deployment')) {
    // Pods have an address each, processes of one machine share one.
    const port = await freePort()
    const env = {
      ...environmentOf(container, objects, secrets),
      KMS_CONNECTOR_MONITORING_ENDPOINT: `127.0.0.1:${port}`,
      KMS_CONNECTOR_REQUEST_STATUS_ENDPOINT: '127.0.0.1:0',
    }
    const child = start(container, env)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', chunk => (output = `${output}${chunk}`.slice(-4_000)))
    await untilReady(`http://127.0.0.1:${port}${container.readinessProbe?.httpGet.path}`, () => output)
  }
  await bench.expectAnswered(await bench.request([small('public', 7n), small('user', 8n)]))
  await bench.expectExactlyOnce()
  for (const child of running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    assert.equal(code, 0, 'a service drains and ends with 0')
  }
})
