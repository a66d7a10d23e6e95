// The benchmark from the sources, as small as it goes: nothing about speed is asserted, everything about completeness.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BenchReport } from '../../apps/bench/src/report/benchReport.ts'

const MAIN = new URL('../../apps/bench/src/main.ts', import.meta.url).pathname
const REQUESTS = 300
const BURST = 10
const PROCESSES = ['listener', 'worker', 'sender', 'nats', 'gateway', 'host chain', 's3', 'core-1']

function bench(...args: string[]): Promise<{ code: number | string; output: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, ['--conditions=kms-source', MAIN, ...args], (fault, stdout, stderr) => {
      resolve({ code: fault?.code ?? 0, output: `${stdout}${stderr}` })
    })
  })
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'kms-connector-bench-test-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

test('a burst and both pipelines answer every request once, and every figure is told', async t => {
  const file = join(await temporaryFolder(t), 'figures.json')
  const load = [
    '--only',
    `burst-${BURST},sustained-public-5k`,
    '--requests',
    String(REQUESTS),
    '--runs',
    'bare,product',
  ]
  const { code, output } = await bench('--quick', ...load, '--json', file, '--no-verdict')
  assert.equal(code, 0, output)
  // CAST: its form is what is asserted
  const report = JSON.parse(await readFile(file, 'utf8')) as BenchReport

  assert.deepEqual(Object.keys(report), ['startedAt', 'quick', 'machine', 'shapes', 'verdicts'])
  assert.ok(Object.values(report.machine).every(value => value !== '' && value !== undefined))
  const [burst, sustained] = report.shapes
  assert.ok(burst && sustained)
  assert.deepEqual(
    [burst, sustained].map(({ name, runs }) => [name, runs.map(run => [run.pipeline, run.requests])]),
    [
      ['burst-10', [['product', BURST]]],
      [
        'sustained-public-5k',
        [
          ['bare', REQUESTS],
          ['product', REQUESTS],
        ],
      ],
    ],
  )
  for (const { name, runs, faults } of report.shapes) {
    assert.deepEqual(faults, [], name)
    for (const run of runs) {
      assert.deepEqual(run.faults, [], name)
      assert.deepEqual([...run.processes.map(one => one.name)].sort(), [...PROCESSES].sort(), name)
      assert.ok(
        run.processes.every(({ cpuMsPerRequest, peakRssMb }) => cpuMsPerRequest >= 0 && peakRssMb > 1),
        name,
      )
      const { in: sent, out: received } = run.messagesPerRequest
      // At least the request, the answer and the outcome are sent and acknowledged, whatever else is.
      assert.ok(sent >= 3 && received >= 3, `${name}: ${sent} and ${received} messages a request`)
      assert.ok(run.perSecond > 0 && run.seconds > 0, name)
    }
  }
  const spans = Object.values(burst.runs[0]?.latencies ?? {})
  assert.equal(spans.length, 8)
  assert.ok(spans.every(({ p50, p90, p99, max }) => p50 <= p90 && p90 <= p99 && p99 <= max))
  assert.ok((sustained.figures['ratio'] ?? 0) > 0)
  assert.deepEqual(
    report.verdicts.map(({ met, achieved }) => [typeof met, Number.isFinite(achieved)]),
    report.verdicts.map(() => ['boolean', true]),
  )
  assert.match(output, /end to end .*bound\/s/)
})

test('what cannot run is refused before anything starts', async () => {
  const { code, output } = await bench('--only', 'sustained')
  assert.equal(code, 1)
  assert.match(output, /there is no shape "sustained"/)
})
