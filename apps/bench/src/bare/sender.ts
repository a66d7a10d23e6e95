import { connect } from 'nats'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { callRpc } from '../world/jsonRpc.ts'
import { BARE_RESPONSES, BARE_SLOTS, bareConfig } from './bareConfig.ts'
import { type BareResponse, bareTransaction } from './bareTransaction.ts'

/** The least that a sender does: sign, keep the bytes, submit, look for receipts block by block, publish outcomes. */
const LOOK_MS = 20
const AHEAD = 512

const config = bareConfig()
const { natsUrl, rpcUrl, privateKey, window } = config
const prepare = await bareTransaction(config)
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

async function send(seq: number, response: BareResponse, mine: number): Promise<void> {
  const { raw, hash } = await prepare(response, mine)
  const { id } = response
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
