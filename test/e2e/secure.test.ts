import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { natsServerVersions } from '../../apps/devnet/src/broker/index.ts'
import { planRequests } from '../../apps/devnet/src/workload/index.ts'
import { PipelineBench } from './pipelineBench.ts'

for (const { bin, version } of natsServerVersions()) {
  describe(`with TLS and permissions on nats-server ${version}`, { timeout: 180_000 }, () => {
    test('the whole pipeline answers exactly once, and no service is refused anything', async t => {
      process.env['NATS_SERVER'] = bin
      t.after(() => delete process.env['NATS_SERVER'])
      const bench = await PipelineBench.start({ secure: true, workers: 2 })
      t.after(() => bench.stop())
      assert.equal(bench.devnet.node.nats.version, version)
      const placed = await bench.request(planRequests(9, Math.random))
      await bench.expectAnswered(placed)
      await bench.devnet.node.sender.restart()
      await bench.expectAnswered(await bench.request(planRequests(3, Math.random)))
      await bench.expectExactlyOnce()
      for (const { name, logFile } of bench.devnet.processes) {
        const log = await readFile(logFile, 'utf8')
        assert.doesNotMatch(log, /permissions.violation/i, name)
      }
    })
  })
}
