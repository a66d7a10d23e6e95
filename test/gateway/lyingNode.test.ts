import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectContract, expectDomain, fetchHeader, fetchLogs, Rpc, RpcError } from '@kms-connector/gateway'
import { json, resultsOf, type Script, startScriptedNode } from './scriptedNode.ts'

const word = (byte: string) => `0x${byte.repeat(32)}` as const
const contract = `0x${'aa'.repeat(20)}` as const
const header = { number: '0x7', hash: word('AB'), parentHash: word('cd'), timestamp: '0x5' }
const filter = { addresses: [contract], topics: [word('cc')], fromBlock: 10, toBlock: 20 }

async function against<T>(script: Script, ask: (rpc: Rpc) => Promise<T>): Promise<T> {
  await using node = await startScriptedNode(script)
  return await ask(new Rpc({ url: node.url, timeoutMs: 10_000 }))
}

test('hashes of a header are comparable with those of logs', async () => {
  const found = await against(
    resultsOf(() => header),
    rpc => fetchHeader(rpc, 7),
  )
  assert.deepEqual(found, { number: 7, hash: word('ab'), parentHash: word('cd'), timestamp: 5, logsBloom: undefined })
})

const headers: Readonly<Record<string, unknown>> = {
  'another block': { ...header, number: '0x8' },
  'a pending block': { ...header, number: null, hash: null },
  'no hash': { ...header, hash: undefined },
  'a short parent hash': { ...header, parentHash: '0x00' },
  'no time': { ...header, timestamp: '5' },
  'a text': 'garbage',
  'a list': [],
}

for (const [label, result] of Object.entries(headers)) {
  test(`a header is refused: ${label}`, async () => {
    const asked = against(
      resultsOf(() => result),
      rpc => fetchHeader(rpc, 7),
    )
    await assert.rejects(asked, { code: 'RPC_REJECTED' })
  })
}

for (const code of ['', 'garbage', null, {}, '0xz']) {
  test(`code of a contract that is no code: ${JSON.stringify(code)}`, async () => {
    const asked = against(
      resultsOf(() => code),
      rpc => expectContract(rpc, 'Decryption', contract),
    )
    await assert.rejects(asked, { code: 'RPC_REJECTED' })
  })
}

const domain = { name: 'Decryption', version: '1', chainId: 1, verifyingContract: contract } as const
const answers = [
  [null, 'RPC_REJECTED'],
  [{}, 'RPC_REJECTED'],
  ['', 'RPC_REJECTED'],
  ['garbage', 'RPC_REJECTED'],
  ['0x', 'CONTRACT_MISMATCH'],
  [word('01'), 'CONTRACT_MISMATCH'],
] as const
for (const [result, code] of answers) {
  test(`${JSON.stringify(result)} to a question about a contract is ${code}: only the contract's own word is final`, async () => {
    const asked = against(
      resultsOf(() => result),
      rpc => expectDomain(rpc, domain),
    )
    await assert.rejects(asked, { code })
  })
}

for (const result of [null, '0x1', {}, [null], [{ address: contract }], [contract]]) {
  test(`logs that are no logs: ${JSON.stringify(result)}`, async () => {
    const asked = against(
      resultsOf(() => result),
      rpc => fetchLogs(rpc, filter),
    )
    await assert.rejects(asked, { code: 'RPC_REJECTED' })
  })
}

test('the words of a node that refuses a range reach the caller', async () => {
  const script: Script = ([call], response) => {
    json(response, { id: call?.id, error: { code: -32005, message: 'query returned more than 10000 results' } })
  }
  const asked = against(script, rpc => fetchLogs(rpc, filter))
  await assert.rejects(asked, (fault: unknown) => fault instanceof RpcError && /more than 10000/.test(fault.text))
})

test('logs are asked for by address, topics and range', async () => {
  await using node = await startScriptedNode(resultsOf(() => []))
  await fetchLogs(new Rpc({ url: node.url, timeoutMs: 10_000 }), filter)
  assert.deepEqual(node.bodies[0]?.[0]?.params, [
    { address: [contract], topics: [[word('cc')]], fromBlock: '0xa', toBlock: '0x14' },
  ])
})
