import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../apps/devnet/src/demo/main.ts', import.meta.url))

/** Runs the demo as a person would, apart from the build. */
function runDemo(t: TestContext, ...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=kms-source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGTERM'))
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output.text += chunk.toString()
    })
  return { child, output }
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'close')
  return code
}

/** Waits until the demo has printed something. */
async function printed({ child, output }: ReturnType<typeof runDemo>, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = pattern.exec(output.text)
    if (found) return found
    await once(child.stdout, 'data')
  }
}

test('the demo answers everything, says so, cleans up and exits with 0', async t => {
  const { child, output } = runDemo(t, '--requests', '9', '--workers', '1')
  assert.equal(await exitOf(child), 0, output.text)
  assert.match(output.text, /9 of 9 requests are answered on chain/)
  assert.match(output.text, /9 of 9 have the plaintexts that were encrypted/)
  assert.match(output.text, /answered exactly once on chain/)
  const [, dir = ''] = /logs in (\S+)/.exec(output.text) ?? []
  assert.notEqual(dir, '')
  assert.equal(existsSync(dir), false)
})

test('Ctrl-C stops everything that the demo started, and exits with 130', async t => {
  const demo = runDemo(t, '--requests', '200')
  const [, dir = ''] = await printed(demo, /logs in (\S+)/)
  await printed(demo, /requested [1-9]/)
  demo.child.kill('SIGINT')
  assert.equal(await exitOf(demo.child), 130)
  // It goes last, after every process has ended.
  assert.equal(existsSync(dir), false)
})

test('with --keep it prints how to look around and stays until Ctrl-C', async t => {
  const demo = runDemo(t, '--requests', '3', '--workers', '1', '--keep')
  const [, metrics = ''] = await printed(demo, /tx-sender +(\S+\/metrics)/)
  await printed(demo, /nats --server \S+ stream get OUTCOMES --last-for kms\.outcome\.\S+\n/)
  assert.equal((await fetch(metrics)).status, 200)
  demo.child.kill('SIGINT')
  assert.equal(await exitOf(demo.child), 0)
  await assert.rejects(fetch(metrics))
})

test('unknown options are refused with the usage', async t => {
  const { child, output } = runDemo(t, '--request', '3')
  assert.equal(await exitOf(child), 1)
  assert.match(output.text, /--request'/)
  assert.match(output.text, /Usage: npm run demo/)
})
