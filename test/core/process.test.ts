import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { privateKeyToAddress } from 'viem/accounts'
import { connect, publicRequest, SEED } from './coreClient.ts'

const MAIN = fileURLToPath(new URL('../../apps/devnet/src/core/main.ts', import.meta.url))
const SIGNING_KEY = `0x${'5a'.repeat(32)}` as const

function run(t: TestContext, args: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=kms-source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

test('as a process it says when it is ready, answers, and exits with 0 on SIGTERM', async t => {
  const child = run(t, ['--port', '0', '--seed', SEED, '--signing-key', SIGNING_KEY, '--delay-ms', '10'])
  const exit = once(child, 'exit')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  // CAST: the line that the process promises
  const { url, signer } = JSON.parse(String(line)) as { url: string; signer: string }
  assert.equal(signer, privateKeyToAddress(SIGNING_KEY))
  const client = connect(t, { url })
  const request = publicRequest()
  await client.publicDecrypt(request)
  const response = await client.getPublicDecryptionResult(request.requestId)
  assert.deepEqual([...(response.payload?.plaintexts[0]?.bytes ?? [])], [200])
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
})

test('bad arguments end it with 1 and never repeat a key', async t => {
  for (const args of [
    ['--signing-key', SIGNING_KEY],
    ['--seed', SEED, '--signing-key', '0x1234'],
    ['--seed', SEED, '--signing-key', SIGNING_KEY, '--party', 'two'],
    ['--nonsense'],
  ]) {
    const child = run(t, args)
    const chunks: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    assert.deepEqual(await once(child, 'close'), [1, null])
    const text = Buffer.concat(chunks).toString()
    assert.match(text, /usage/)
    assert.doesNotMatch(text, /5a5a|0x1234/)
  }
})
