import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { COPROCESSORS, HOST_CHAIN_ID, nodeSigner, Teardown, USER } from '@kms-connector/devnet'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { youngGenerationFlag } from '@kms-connector/service-kit'
import { connectBroker, DEFAULT_TOPOLOGY, provision, topologyOf } from '@kms-connector/streams'
import { provisionBare } from '../bare/barePipeline.ts'
import type { LoopFigures } from '../stages/runLoop.ts'
import { SIDE_NAMES, type SideName, type Stage } from '../stages/stage.ts'
import { type StageConfig, stageEnvironment } from '../stages/stageSetup.ts'
import { STAGES } from '../stages/stages.ts'
import { startBenchBroker } from '../world/benchBroker.ts'
import { profileFlags } from '../world/profileFlags.ts'
import { programOf } from '../world/programs.ts'
import type { Shape, ShapeContext } from './shape.ts'

const PLACED = 500
const CIPHERTEXT_BYTES = 5_000
const TIMES = { seconds: 4, warmUpSeconds: 1.5 }
/** A stage that waits for ever must not keep the run. */
const DEADLINE_MS = 180_000
const QUICK_TIMES = { seconds: 0.6, warmUpSeconds: 0.3 }

/** Every step of the way alone, in a loop: the code of the connector against the least code for the same result. */
export const stageLoops: Shape = {
  name: 'stages',
  what: 'every stage alone, in loops: the connector against the least code for the same result',
  async run(context) {
    const { signal, say, world } = context
    const teardown = new Teardown()
    try {
      const broker = await startBenchBroker(join(world.dir, 'stages'), teardown)
      const own = await connectBroker({ servers: [broker.url], name: 'bench' })
      await provision(own, topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY))
      await own.connection.close()
      await provisionBare(broker)
      const figures: Record<string, number> = {}
      for (const stage of STAGES) {
        signal.throwIfAborted()
        const config = await configOf(context, broker.url, stage)
        const sides = {
          bound: await measure(context, stage, 'bound', config),
          achieved: await measure(context, stage, 'achieved', config),
        }
        for (const side of SIDE_NAMES) {
          figures[`${stage.name}.${side}.perSecond`] = sides[side].perSecond
          figures[`${stage.name}.${side}.perCpuSecond`] = sides[side].perCpuSecond
        }
        figures[`${stage.name}.ratio`] = sides.achieved.perCpuSecond / sides.bound.perCpuSecond
        say(`${stage.name}: ${figures[`${stage.name}.ratio`]?.toFixed(2)} of the bound`)
      }
      return { name: 'stages', runs: [], figures, faults: [] }
    } finally {
      await teardown.run()
    }
  },
}

async function configOf({ world, quick }: ShapeContext, natsUrl: string, stage: Stage): Promise<StageConfig> {
  const { chains, contracts, s3, cores, wallet } = world
  const placed = await world.place('public', PLACED, stage.ciphertextBytes ?? CIPHERTEXT_BYTES)
  return {
    natsUrl,
    gatewayUrl: chains.gateway.rpcUrl,
    hostUrl: chains.host.rpcUrl,
    chainId: chains.gateway.chainId,
    hostChainId: HOST_CHAIN_ID,
    decryption: contracts.gateway.decryption,
    kmsGeneration: contracts.gateway.kmsGeneration,
    acl: contracts.acl,
    coreUrl: cores[0]?.url ?? '',
    lean: true,
    buckets: Object.fromEntries(COPROCESSORS.map(({ address, bucket }) => [address, `${s3.url}/${bucket}`])),
    signer: nodeSigner(0).address,
    privateKey: wallet.privateKey,
    spareKey: USER.privateKey,
    awsKms: stage.awsKms && (await world.awsKms()),
    fromBlock: placed.fromBlock,
    toBlock: placed.toBlock,
    ...(quick ? QUICK_TIMES : TIMES),
  }
}

/** @throws Error with the last words of the process when it fails */
async function measure(
  { world, profile, signal }: ShapeContext,
  { name, awsKms }: Stage,
  side: SideName,
  config: StageConfig,
): Promise<LoopFigures> {
  const program = programOf('stages/stageProcess')
  // As every service is started.
  const flags = [youngGenerationFlag(), ...(program.endsWith('.ts') ? ['--conditions=kms-source'] : [])]
  const aws = awsKms && (await world.awsKms()).environment
  const profiling = profileFlags({ profile }, `stage ${name} ${side}`)
  const env = { ...process.env, ...aws, ...profiling, ...stageEnvironment(config) }
  const child = spawn(process.execPath, [...flags, program, name, side], {
    env,
    signal,
    timeout: DEADLINE_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, words] = ['', '']
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (words += String(chunk)))
  const [code, killed] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name}, ${side}: ${killed ?? `exit code ${code}`}\n${words}`)
  return JSON.parse(output) as LoopFigures // CAST: written by the process
}
