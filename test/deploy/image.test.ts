import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { MALLOC_ENVIRONMENT, youngGenerationFlag } from '@kms-connector/service-kit'
import { ROOT } from './chart.ts'
import { CleanRoot, cannotEnter } from './cleanRoot.ts'

let root: CleanRoot
before(() => {
  root = CleanRoot.assemble()
})
after(() => root?.remove())

test('the same clone gives the same image, to the last byte', () => {
  const again = CleanRoot.assemble()
  again.remove()
  assert.match(root.digest, /^sha256:/)
  assert.equal(again.digest, root.digest)
})

test('the image holds production code only: no sources, compilers, shells or development peers', () => {
  const modules = join(root.dir, 'app', 'node_modules')
  for (const name of [
    'typescript',
    'solc',
    'node-tfhe',
    '@biomejs',
    '@foundry-rs',
    'turbo',
    'elliptic',
    '@kms-connector/devnet',
  ])
    assert.ok(!existsSync(join(modules, name)), name)
  for (const name of ['viem', 'nats', 'pino', 'envalid', '@connectrpc/connect-node', '@aws-sdk/client-kms'])
    assert.ok(existsSync(join(modules, name)), name)
  assert.deepEqual(readdirSync(join(root.dir, 'usr', 'bin')).sort(), ['kms-connector', 'node'])
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' })
  assert.deepEqual(
    files.filter(file => /(\.test\.[jt]s|(^|\/)\.env|\.pem)$/.test(file)),
    [],
  )
})

test('every service starts in a clean read-only root as an unprivileged user', { skip: cannotEnter() }, () => {
  const help = root.run(['--help'])
  assert.equal(help.status, 0, help.stderr)
  for (const service of ['gw-listener', 'kms-worker', 'tx-sender', 'request-status']) {
    const { stdout, stderr, status } = root.run([service, '--version'])
    assert.equal(status, 0, `${service}: ${stderr}`)
    assert.match(stdout, /\d+\.\d+\.\d+/)
  }
  // Settings are read by the real program: it says what is missing, and changes nothing.
  const { stderr, status } = root.run(['tx-sender', 'validate'])
  assert.equal(status, 1)
  assert.match(stderr, /KMS_CONNECTOR_GATEWAY_URL\): is missing/)
})

test('the young generation of a service is bounded', { skip: cannotEnter() }, () => {
  const [shebang = ''] = readFileSync(join(root.dir, 'usr', 'bin', 'kms-connector'), 'utf8').split('\n')
  assert.equal(shebang, `#!/usr/bin/node ${youngGenerationFlag()}`)
})

test('signatures are computed natively in a clean root', { skip: cannotEnter() }, () => {
  const file = '/app/node_modules/@kms-connector/protocol/dist/curve/nativeCurve.js'
  const text = `const { loadNativeCurve } = await import('${file}'); console.log(loadNativeCurve()?.publicKeyOf(new Uint8Array(32).fill(1)).length)`
  const { stdout, stderr } = root.runScript(text)
  const built = process.platform === 'linux' && process.arch === 'x64'
  assert.equal(stdout.trim(), built ? '65' : 'undefined', stderr)
})

test('the Dockerfile ends in an empty stage with that root and that user, and names only files that exist', () => {
  const text = readFileSync(join(ROOT, 'deploy', 'image', 'Dockerfile'), 'utf8')
  const last = text.slice(text.lastIndexOf('\nFROM '))
  assert.match(last, /FROM scratch\nCOPY --from=build \/image\/ \/\n/)
  assert.match(last, /USER 65532:65532/)
  for (const [name, value] of Object.entries(MALLOC_ENVIRONMENT))
    assert.match(last, new RegExp(`^ENV .*\\b${name}=${value}\\b`, 'm'))
  assert.match(last, /ENTRYPOINT \["\/usr\/bin\/kms-connector"\]/)
  for (const [path] of text.matchAll(/(?<=[ /])scripts\/[\w.-]+/g)) assert.ok(existsSync(join(ROOT, path)), path)
  const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  )
  assert.match(text, new RegExp(`ARG NODE_VERSION=${devDependencies['node']?.replaceAll('.', '\\.')}\n`))
})
