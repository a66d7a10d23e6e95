import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Hex, requestIdOf, requestIdValue } from '@kms-connector/protocol'
import { encodeFunctionData } from 'viem'
import { ChainSender, devKey, readArtifact } from '../../apps/devnet/src/chain/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { openBench, until } from './listenerBench.ts'
import { HANDLE, prepare, requestPublic } from './requests.ts'

/** More than any batch: of a worker, of publishes in flight here, and of a JSON-RPC request. */
const MANY = 150
const CALLER = '0x00000000000000000000000000000000000ca11e'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
})
after(() => gateway?.stop())

/**
 * Runtime code that calls a contract with its own calldata, again and again, counting down on the stack; all calls
 * succeed or none does.
 */
function caller(target: Hex, times: number): Hex {
  const count = times.toString(16).padStart(2, '0')
  const copyCalldata = '366000600037'
  const call = `60006000366000600073${target.slice(2)}5af1`
  const orRevert = '15603657'
  const countDown = '60019003806008'
  return `0x${copyCalldata}60${count}5b${call}${orRevert}${countDown}57005b60006000fd`
}

async function setCode(address: Hex, code: Hex): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_setCode', params: [address, code] })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(gateway.rpcUrl, { method: 'POST', headers, body })
  assert.partialDeepStrictEqual(await answer.json(), { result: null })
}

test(`${MANY} requests of one transaction are published once each`, async t => {
  const bench = await openBench(t, gateway)
  await bench.listener({ PUBLISH_IN_FLIGHT: '16', GET_LOGS_BATCH_SIZE: '1' })
  await setCode(CALLER, caller(gateway.gateway.decryption, MANY))
  const { id: before } = await requestPublic(gateway)
  const { abi } = readArtifact('Decryption')
  const data = encodeFunctionData({ abi, functionName: 'publicDecryptionRequest', args: [[HANDLE], '0x00'] })
  const receipt = await new ChainSender({ rpcUrl: gateway.rpcUrl, privateKey: devKey(9) }).send({ to: CALLER, data })
  assert.equal(receipt.logs.length, MANY)
  const { id: next } = await requestPublic(gateway)
  const serial = requestIdValue(before)
  assert.equal(requestIdValue(next), serial + BigInt(MANY) + 1n)
  await until('all are published', async () => (await bench.count('public-decryption')) >= MANY + 2)
  for (let n = 1n; n <= MANY; n++) {
    const request = await bench.request('public-decryption', requestIdOf(serial + n))
    assert.equal(request?.origin.transactionHash, receipt.transactionHash)
  }
  assert.equal(await bench.count('public-decryption'), MANY + 2)
  assert.deepEqual(await bench.letters(), [])
})
