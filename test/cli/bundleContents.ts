import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { runCli } from './runCli.ts'
import type { WhyBench } from './whyBench.ts'

/** Writes a bundle with every kind of secret in the settings, reads it with tar, and looks for the secrets in its bytes. */
export async function checkBundle(t: TestContext, bench: WhyBench): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'kms-connector-bundle-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const path = join(dir, 'bundle.tar.gz')
  const secrets = {
    NATS_PASSWORD: 'nats-password-17',
    MNEMONIC: 'test test test test test test test test test test test junk',
  }
  const url = new URL(bench.devnet.chains.gateway.rpcUrl)
  const key = 'k3yOfTheProvider0123456789'
  const hexKey = '0b1c'.repeat(16)
  const wordKey = 'correct-horse-battery'
  const urls = [`${url.origin}/v2/${key}`, `${url.origin}/eth/${hexKey}`, `${url.origin}/rpc/${wordKey}?dkey=${key}`]
  const env = bench.settings({ ...secrets, GATEWAY_URL: urls.join(',') })
  const written = await runCli(['bundle', '--out', path, '--timeout', '5s'], env)
  assert.equal(written.code, 0, written.err)
  const listed = spawnSync('tar', ['tzf', path], { encoding: 'utf8' }).stdout
  for (const name of ['settings', 'versions', 'topology', 'streams', 'faults', 'doctor', 'status'])
    assert.match(listed, new RegExp(`kms-connector/${name}\\.json`))
  const text = gunzipSync(await readFile(path)).toString('utf8')
  assert.match(text, /CORE_FAILED/)
  assert.match(text, /"id": "wallet.balance"/)
  const privateKey = env['KMS_CONNECTOR_PRIVATE_KEY'] ?? ''
  for (const secret of [...Object.values(secrets), key, hexKey, wordKey, privateKey.slice(2)])
    assert.ok(secret.length > 10 && !text.includes(secret), `a secret is in the bundle: ${secret.slice(0, 6)}...`)
  const again = await runCli(['bundle', '--out', path, '--timeout', '5s'], env)
  assert.equal(again.code, 1)
}
