import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OPERATIONS_V0_11, OperationTable, requestIdOf } from '@kms-connector/protocol'
import { encodeAbiParameters, type Hex, toEventSelector } from 'viem'
import { ChainSender, devKey } from '../../apps/devnet/src/chain/index.ts'
import { until } from '../kms-worker/workerBench.ts'
import { startWorld, type World } from '../kms-worker/world.ts'
import { KeyNode } from './keyNode.ts'

const table = new OperationTable(OPERATIONS_V0_11)
/** Emits the log that its calldata says: first the topic, then the data. */
const EMITTER = '0x60203603806020600037600035906000a100'
const id = (type: bigint) => (type << 248n) + 1n

/** Events of the contract with one id of another type, each of which the v0.11 contract would not notice. */
const wrong: readonly (readonly [string, readonly unknown[]])[] = [
  ['prep-keygen', [id(4n), 0n, 1]],
  ['prep-keygen', [1n, 0n, 1]],
  ['keygen', [id(3n), id(3n)]],
  ['keygen', [id(5n), id(4n)]],
  ['crsgen', [id(6n), 256n, 1]],
  ['key-reshare', [id(3n), id(4n), id(7n), 1]],
  ['key-reshare', [id(3n), id(3n), id(6n), 1]],
  ['key-reshare', [id(4n), id(4n), id(6n), 1]],
]

let world: World
let node: KeyNode

before(async () => {
  world = await startWorld()
  node = await KeyNode.open(world, { coreUrl: 'http://127.0.0.1:1' })
})
after(async () => {
  await node?.stop()
  await world?.stop()
})

function logOf(operation: string, args: readonly unknown[]): Hex {
  const { event } = table.named(operation)
  return `${toEventSelector(event)}${encodeAbiParameters(event.inputs, args).slice(2)}`
}

test('ids of another type are dead letters, and requests beside them are published', async () => {
  await node.start('listener')
  await node.chain('anvil_setCode', [node.contract, EMITTER])
  const sender = new ChainSender({ rpcUrl: world.rpcUrl, privateKey: devKey(9) })
  const emit = (operation: string, args: readonly unknown[]) =>
    sender.send({ to: node.contract, data: logOf(operation, args) })
  for (const [operation, args] of wrong) await emit(operation, args)
  await emit('key-reshare', [id(3n), id(4n), id(6n), 1])
  await until('the request at the end', () => node.request('key-reshare', requestIdOf(id(6n))))
  const letters = await until('all letters', async () => {
    const found = await node.letters()
    return found.length >= wrong.length ? found : undefined
  })
  assert.deepEqual(
    letters.map(({ operation, code }) => [operation, code]).sort(),
    wrong.map(([operation]) => [operation, 'REQUEST_ID_INVALID']).sort(),
  )
  const streams = ['PREP_KEYGEN', 'KEYGEN', 'CRSGEN', 'KEY_RESHARE'].map(stream => node.count(stream))
  assert.deepEqual(await Promise.all(streams), [0, 0, 0, 1])
})
