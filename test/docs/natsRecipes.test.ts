import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BODY_VERSION, encodeBody, type RequestId } from '@kms-connector/protocol'
import {
  type Broker,
  CURSOR_BUCKET,
  connectBroker,
  consumerPosition,
  DEAD_LETTERS,
  decodeDeadLetter,
  drainBroker,
  KeyValue,
  newestMessage,
  provision,
  publishDeadLetter,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  SENDER_BUCKET,
  type StoredMessage,
  streamIdentity,
} from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { freshId, Pipeline, TABLE, TOPOLOGY } from '../request-status/pipeline.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OPERATION = TABLE.named('public-decryption')
const USER = TABLE.named('user-decryption')
const STREAM = requestStream(OPERATION)
/** Recipes name messages by number up to this one. */
const MESSAGES = 20

/** Every command block of the document that uses the tool, as it is printed. */
const recipes = [...readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8').matchAll(/(?:^ {4}.*\n)+/gm)]
  .map(([block]) => block.replaceAll(/^ {4}/gm, ''))
  .filter(block => /\bnats (?:stream|kv|consumer|pub|backup)\b/.test(block))

/** `view` pages and insists on a terminal, which `script` plays; where there is none it is left out. */
const hasScript = spawnSync('script', ['--version']).status === 0
const PAGER = hasScript
  ? 'nats() { if [ "$2" = view ]; then script -qec "$(printf "%q " "$NATS_BIN" "$@")" /dev/null </dev/null; else "$NATS_BIN" "$@"; fi; }'
  : 'nats() { [ "$2" = view ] || "$NATS_BIN" "$@"; }'

const install = spawnSync(process.execPath, [join(ROOT, 'scripts', 'install-nats-cli.mjs')], { encoding: 'utf8' })
const nats = install.stdout.trim()
const hasJq = spawnSync('jq', ['--version']).status === 0

if (nats === '' || !hasJq) {
  const what = nats === '' ? `the nats tool: ${install.stderr.trim()}` : 'jq, which the recipes use'
  console.error(`this machine has no ${what}. The recipes of docs/operations.md were not run.`)
} else {
  describe('recipes of docs/operations.md', { timeout: 180_000 }, () => recipeTests(nats))
}

function recipeTests(bin: string): void {
  const dir = mkdtempSync(join(tmpdir(), 'kms-connector-recipes-'))
  let server: NatsServer
  let broker: Broker
  let id: RequestId

  before(async () => {
    server = await startNatsServer()
    broker = await connectBroker({ servers: [server.url], name: 'test' })
    await provision(broker, TOPOLOGY)
    id = await seed(broker)
  })
  after(async () => {
    await drainBroker(broker, 1_000)
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  /** Runs a block in a shell that ends at the first command that fails. */
  function run(block: string): string {
    const script = `set -euo pipefail\n${PAGER}\n${block.replaceAll('nats://127.0.0.1:4222', server.url)}`
    const env = {
      HOME: dir,
      PATH: [dirname(bin), dirname(process.execPath), process.env['PATH']].join(delimiter),
      NATS_URL: server.url,
      NATS_BIN: bin,
      ID: id,
    }
    const result = spawnSync('bash', ['-c', script], { cwd: dir, env, encoding: 'utf8', timeout: 60_000 })
    assert.equal(result.status, 0, `${block}\n${result.stdout}\n${result.stderr}`)
    return result.stdout
  }

  /** The recipe that holds a text; each is found exactly once, so none can be renamed away unseen. */
  function recipe(text: string): string {
    const found = recipes.filter(block => block.includes(text))
    assert.equal(found.length, 1, text)
    return found[0] ?? ''
  }

  const ofRequest = (rerun?: number) => newestMessage(broker, STREAM, requestSubject(OPERATION, id, rerun))
  const lettersOf = (stage: string) => newestMessage(broker, DEAD_LETTERS, `kms.dead.${stage}.public-decryption.${id}`)

  test('there are recipes, and an id is followed through the three streams by its subjects', () => {
    assert.ok(recipes.length >= 15, `${recipes.length} recipes`)
    const story = run(recipe('nats stream get OUTCOMES          -S'))
    for (const kind of ['request', 'response', 'outcome'])
      assert.ok(story.includes(`kms.${kind}.public-decryption.${id}`), kind)
    assert.equal(JSON.parse(run(recipe('-S kms.outcome.public-decryption.$ID --json'))).status, 'dead')
  })

  test('a letter of a worker is replayed by hand with its body and trace, and goes', async () => {
    run(recipe('nats stream subjects DEAD_LETTERS'))
    const letter = decodeDeadLetter((await lettersOf('kms-worker'))?.body ?? new Uint8Array())
    run(recipe('LETTER=$(nats stream get DEAD_LETTERS -S kms.dead.kms-worker'))
    const rerun = await ofRequest(1)
    assert.deepEqual(rerun?.body, (await ofRequest())?.body)
    assert.equal(rerun?.headers['traceparent'], letter.headers['traceparent'])
    assert.equal(await lettersOf('kms-worker'), undefined)
    run(recipe('kms.request.public-decryption.$ID.r2'))
    assert.deepEqual((await ofRequest(2))?.body, rerun?.body)
  })

  test('a letter of the sender is replayed by hand behind everything on RESPONSES, and goes', async () => {
    run(recipe('LETTER=$(nats stream get DEAD_LETTERS -S kms.dead.tx-sender'))
    const replay = await newestMessage(broker, RESPONSES, responseSubject(OPERATION, id, 1))
    assert.deepEqual(replay?.body, (await newestMessage(broker, RESPONSES, responseSubject(OPERATION, id)))?.body)
    assert.equal(replay?.seq, (await streamIdentity(broker, RESPONSES)).lastSeq)
    assert.equal(await lettersOf('tx-sender'), undefined)
  })

  test('cursor and checkpoint are looked at and moved', async () => {
    run(recipe('"block":1234567'))
    const cursor = await new KeyValue(broker, CURSOR_BUCKET).get('54321.public-decryption')
    assert.equal(JSON.parse(Buffer.from(cursor?.value ?? '').toString()).block, 1_234_567)
    run(recipe('CHECKPOINT='))
    const checkpoint = await new KeyValue(broker, SENDER_BUCKET).get('checkpoint')
    assert.equal(JSON.parse(Buffer.from(checkpoint?.value ?? '').toString()).seq, 4)
  })

  test('a stream comes back from its backup as it was', async () => {
    const stored = await streamIdentity(broker, DEAD_LETTERS)
    run(recipe('nats backup restore stream letters-backup'))
    const { messages, lastSeq } = await streamIdentity(broker, DEAD_LETTERS)
    assert.deepEqual([messages, lastSeq], [stored.messages, stored.lastSeq])
  })

  test('workers are paused and go on, where the server can pause', async () => {
    const [major = 0, minor = 0] = server.version.split('.').map(Number)
    const pausing = recipe('nats consumer pause')
    if (major > 2 || minor >= 11) run(pausing)
    else console.error(`nats-server ${server.version} cannot pause: the recipe was not run`)
    assert.ok(await consumerPosition(broker, STREAM, 'kms-worker'))
  })

  test('every other recipe runs, too', () => {
    const told = [
      'nats stream get OUTCOMES          -S',
      '--json | jq -r .data | base64 -d | jq .',
      'LETTER=',
      '$ID.r2',
      '"block":1234567',
    ]
    const rest = recipes.filter(
      block => ![...told, 'CHECKPOINT=', 'letters-backup', 'consumer pause'].some(t => block.includes(t)),
    )
    assert.ok(rest.length > 0)
    for (const block of rest) run(block)
  })
}

/** Puts messages of every kind onto the streams, as the services do. @returns the id that recipes follow */
async function seed(broker: Broker): Promise<RequestId> {
  const pipeline = new Pipeline(broker)
  const ids = Array.from({ length: MESSAGES }, () => freshId(OPERATION))
  for (const each of ids) await pipeline.request(OPERATION, each)
  for (const each of ids) await pipeline.answer(OPERATION, each)
  const user = freshId(USER)
  await pipeline.request(USER, user)
  await pipeline.answer(USER, user)
  await pipeline.settle(USER, user, { status: 'confirmed' })
  const [id] = ids
  assert.ok(id)
  const stored = await newestMessage(broker, STREAM, requestSubject(OPERATION, id))
  assert.ok(stored)
  await pipeline.buryAnswer(OPERATION, id)
  await buryRequest(broker, stored, id)
  // What stays when the letters of the recipes are gone.
  await buryRequest(broker, stored, ids[1] ?? id)
  await pipeline.openSlot(OPERATION, id, 42)
  const { created } = await streamIdentity(broker, RESPONSES)
  await new KeyValue(broker, SENDER_BUCKET).create('checkpoint', encodeBody({ v: BODY_VERSION, seq: 5, created }))
  const cursor = encodeBody({ v: BODY_VERSION, block: 7, at: 0 })
  await new KeyValue(broker, CURSOR_BUCKET).create('54321.public-decryption', cursor)
  return id
}

async function buryRequest(
  broker: Broker,
  { stream, seq, subject, body }: StoredMessage,
  key: RequestId,
): Promise<void> {
  const headers = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` }
  const source = { stream, seq, subject, attempts: 3, firstStoredAt: 1 }
  const story = {
    stage: 'kms-worker',
    operation: OPERATION.name,
    key,
    code: 'CORE_FAILED',
    detail: 'd',
    at: 1,
    history: [],
  }
  await publishDeadLetter(broker, { ...story, source, headers, body }, { msgId: `${key}.letter` })
}
