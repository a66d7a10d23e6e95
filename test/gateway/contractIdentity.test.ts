import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectDomain, expectGatewayContract, expectRegistered, GatewayConfig, Rpc } from '@kms-connector/gateway'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'

let chain: TestGateway
let rpc: Rpc

before(async () => {
  chain = await startTestGateway(1, 1)
  rpc = new Rpc({ url: chain.rpcUrl, timeoutMs: 10_000 })
})
after(() => chain.stop())

test('the contracts of the settings are recognised by name and version', async () => {
  assert.equal(await expectGatewayContract(rpc, 'Decryption', chain.gateway.decryption), undefined)
  assert.equal(await expectGatewayContract(rpc, 'KMSGeneration', chain.gateway.kmsGeneration), undefined)
  assert.equal(await expectGatewayContract(rpc, 'GatewayConfig', chain.gateway.gatewayConfig), undefined)
})

test('swapped addresses, no contract and a contract of another kind are refused', async () => {
  await assert.rejects(expectGatewayContract(rpc, 'Decryption', chain.gateway.kmsGeneration), {
    code: 'CONTRACT_MISMATCH',
  })
  await assert.rejects(expectGatewayContract(rpc, 'Decryption', `0x${'99'.repeat(20)}`), { code: 'CONTRACT_MISSING' })
})

test('the domain must be the one the contract computes, field by field', async () => {
  const domain = {
    name: 'Decryption',
    version: '1',
    chainId: 54321,
    verifyingContract: chain.gateway.decryption,
  } as const
  await expectDomain(rpc, { ...domain, chainId: chain.gateway.chainId })
  const wrong = { ...domain, name: 'Decrypt', version: '2', chainId: 1 }
  await assert.rejects(expectDomain(rpc, wrong), (fault: Error) => /name.*version.*chain id/.test(fault.message))
})

test('our node must be registered', async () => {
  const config = new GatewayConfig(rpc, chain.gateway.gatewayConfig)
  await assert.rejects(expectRegistered(config, `0x${'99'.repeat(20)}`), { code: 'WALLET_UNKNOWN' })
})
