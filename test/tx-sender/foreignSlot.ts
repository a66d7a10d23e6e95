import assert from 'node:assert/strict'
import { type Hex, type RequestId, requestIdValue } from '@kms-connector/protocol'
import { KeyValue, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { encodeFunctionData, keccak256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { readArtifact } from '../../apps/devnet/src/chain/index.ts'
import { encodeSlot } from '../../apps/tx-sender/src/slot.ts'
import { GATEWAY_CHAIN } from '../contracts/testGateway.ts'
import { RESULT, type SenderBench, WALLET_KEY } from './senderBench.ts'

const GAS = 900_000n
const MAX_FEE = 10_000_000_000n

/** Stores a slot for an answer without sending it, as another sender with the same key would. */
export async function storeSlot(bench: SenderBench, id: RequestId, responseSeq: number, nonce: number): Promise<void> {
  const args = [requestIdValue(id), RESULT, await bench.sign(), '0x00']
  const { abi } = readArtifact('Decryption')
  const raw: Hex = await privateKeyToAccount(WALLET_KEY).signTransaction({
    chainId: GATEWAY_CHAIN,
    nonce,
    to: bench.gateway.gateway.decryption,
    data: encodeFunctionData({ abi, functionName: 'publicDecryptionResponse', args }),
    gas: GAS,
    maxFeePerGas: MAX_FEE,
    maxPriorityFeePerGas: 0n,
  })
  const attempt = { hash: keccak256(raw), raw, gas: GAS, maxFeePerGas: MAX_FEE, signedAt: Date.now() }
  const record = encodeSlot({ nonce, responseSeq, operation: 'public-decryption', id, attempts: [attempt] })
  const created = await new KeyValue(bench.broker, TX_SLOTS_BUCKET).create(`slot.${nonce}`, record)
  assert.equal(created.kind, 'written')
}
