import { type Hex, OPERATIONS_V0_11, requestIdOf } from '@kms-connector/protocol'
import { connect } from 'nats'
import { encodeFunctionData, parseGwei, serializeTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { callRpc } from '../world/jsonRpc.ts'
import { BARE_RESPONSES, BARE_SLOTS, bareConfig } from './bareConfig.ts'
import { bareKeccak, bareSigner } from './bareSigner.ts'

/** The least that a sender does: sign, keep the bytes, submit, look for receipts block by block, publish outcomes. */
interface BareResponse {
  readonly id: string
  readonly result: Hex
  readonly signature: Hex
  readonly extraData: Hex
}

const GAS = { public: 400_000n, user: 4_000_000n } as const
const FEES = { type: 'eip1559', maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: parseGwei('1') } as const
const LOOK_MS = 20
const AHEAD = 512

const { kind, natsUrl, rpcUrl, chainId, decryption, privateKey, window } = bareConfig()
const operation = OPERATIONS_V0_11.find(({ name }) => name === `${kind}-decryption`)
const functionName = `${kind}DecryptionResponse`
const nothing = { decryptedResult: '0x', userDecryptedShare: '0x', signature: '0x', extraData: '0x' }
const abi = [operation?.call(requestIdOf(1n), nothing)?.function]
const sign = bareSigner(bareConfig())
const keccak = await bareKeccak()
const { address } = privateKeyToAccount(privateKey)

const jetstream = (await connect({ servers: natsUrl })).jetstream()
const slots = await jetstream.views.kv(BARE_SLOTS)
const pending = new Map<string, { readonly id: string; readonly nonce: number }>()
let nonce = Number(await callRpc(rpcUrl, 'eth_getTransactionCount', [address, 'latest']))
let block = Number(await callRpc(rpcUrl, 'eth_blockNumber', []))
let open = 0
let wake = () => {}

function fail(fault: unknown): never {
  process.stderr.write(`${String(fault)}\n`)
  process.exit(1)
}

async function followBlocks(): Promise<never> {
  for (;;) {
    const head = Number(await callRpc(rpcUrl, 'eth_blockNumber', []))
    while (block < head) {
      block++
      // CAST: receipts of our own node
      const receipts = (await callRpc(rpcUrl, 'eth_getBlockReceipts', [`0x${block.toString(16)}`])) as {
        transactionHash: Hex
        status: Hex
      }[]
      for (const { transactionHash, status } of receipts) {
        const known = pending.get(transactionHash)
        if (!known) continue
        if (status !== '0x1') fail(`${transactionHash} reverted`)
        pending.delete(transactionHash)
        open--
        const body = JSON.stringify({ v: 1, id: known.id, transactionHash, status, nonce: known.nonce, block })
        void jetstream.publish(`bare.outcome.${known.id}`, Buffer.from(body), { msgID: known.id }).catch(fail)
        wake()
      }
    }
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}
void followBlocks().catch(fail)

async function send(seq: number, { id, result, signature, extraData }: BareResponse, mine: number): Promise<void> {
  const args = [BigInt(`0x${id}`), result, signature, extraData]
  const data = encodeFunctionData({ abi, functionName, args } as never) // CAST: one function, known by its name
  const transaction = { ...FEES, chainId, nonce: mine, to: decryption, data, gas: GAS[kind] }
  const signed = await sign(keccak(serializeTransaction(transaction)))
  const [r, s] = [signed.signature.subarray(0, 32), signed.signature.subarray(32)].map(
    part => `0x${Buffer.from(part).toString('hex')}` as const,
  )
  const raw = serializeTransaction(transaction, { r: r ?? '0x', s: s ?? '0x', yParity: signed.recid })
  const hash = `0x${keccak(raw).toString('hex')}`
  pending.set(hash, { id, nonce: mine })
  await slots.create(`slot.${mine}`, JSON.stringify({ id, seq, raw, hash }))
  await callRpc(rpcUrl, 'eth_sendRawTransaction', [raw])
}

const messages = await (await jetstream.consumers.get(BARE_RESPONSES, {})).consume({ max_messages: AHEAD })
process.on('SIGTERM', () => process.exit(0))
process.stdout.write('{"url":"none"}\n')
for await (const message of messages) {
  while (open >= window) await new Promise<void>(resolve => (wake = resolve))
  open++
  // CAST: written by the bare worker
  void send(message.seq, JSON.parse(message.string()) as BareResponse, nonce++).catch(fail)
}
