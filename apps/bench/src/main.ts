#!/usr/bin/env node
import { sustainedBare, sustainedProduct } from './sustained.ts'
import { BenchWorld } from './world/benchWorld.ts'

const [kind = 'public', count = '8000', bytes = '5000', which = 'both', prof = ''] = process.argv.slice(2)
const world = await BenchWorld.start({ onStep: text => process.stderr.write(`${text}\n`) })
const shape = { kind: kind as 'public' | 'user', count: Number(count), ciphertextBytes: Number(bytes) }
try {
  for (const one of which === 'both' ? ['bare', 'product', 'bare', 'product'] : which.split(',')) {
    const dir = `${one}-${Math.random().toString(36).slice(2, 6)}`
    const nodeOptions = prof
      ? {
          'gw-listener': `--cpu-prof --cpu-prof-dir=${prof}/listener`,
          'kms-worker': `--cpu-prof --cpu-prof-dir=${prof}/worker`,
          'tx-sender': `--cpu-prof --cpu-prof-dir=${prof}/sender`,
        }
      : {}
    const result = await (one === 'bare'
      ? sustainedBare(world, dir, shape)
      : sustainedProduct(world, dir, shape, { nodeOptions }))
    const { listener, worker, sender } = result.rates
    const last = result.samples.at(-1)
    const first = result.samples[0]
    const cpu = [...(last?.use ?? [])]
      .map(
        ([name, use]) =>
          `${name} ${(use.cpuSeconds - (first?.use.get(name)?.cpuSeconds ?? 0)).toFixed(1)}s ${(use.peakRss / 1e6).toFixed(0)}MB`,
      )
      .join(', ')
    process.stdout.write(
      `${one}: end to end ${sender.perSecond.toFixed(0)}/s; per CPU-second listener ${listener.perCpuSecond.toFixed(0)} worker ${worker.perCpuSecond.toFixed(0)} sender ${sender.perCpuSecond.toFixed(0)}\n   ${cpu}\n`,
    )
  }
} finally {
  await world.stop()
}
