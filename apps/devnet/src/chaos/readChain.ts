import { createPublicClient, http, parseEventLogs } from 'viem'
import { decryptionAbi } from '../chain/abi.ts'
import { judgeAnswer, type PendingRequest } from '../workload/index.ts'
import { type ChaosWorld, WALLET } from './chaosWorld.ts'
import type { Observed, WalletTransaction } from './observed.ts'

const BLOCKS_AT_ONCE = 32
const SELECTOR = 10
const REQUESTS = ['PublicDecryptionRequest', 'UserDecryptionRequest'] as const

type Client = ReturnType<typeof createPublicClient>

/** Reads blocks, logs and answers from the chain itself, past every link that had faults. */
export async function readChain(
  world: ChaosWorld,
  placed: ReadonlyMap<string, PendingRequest>,
): Promise<Observed['chain']> {
  const client = createPublicClient({ transport: http(world.chains.gateway.rpcUrl, { timeout: 30_000 }), cacheTime: 0 })
  const { decryption, deployedAtBlock } = world.contracts.gateway
  const head = await client.getBlockNumber()
  const logs = await client.getLogs({ address: decryption, fromBlock: deployedAtBlock, toBlock: head })
  const events = parseEventLogs({ abi: decryptionAbi, logs })
  const hex = (id: bigint) => id.toString(16).padStart(64, '0')
  const ids = (...names: string[]) =>
    events.filter(event => names.includes(event.eventName)).map(event => hex(event.args.decryptionId))
  const watch = world.relayer.watchAnswers()
  await watch.poll()
  const judged = [...placed.values()].map(request => ({
    id: request.id,
    text: judgeAnswer(world, watch, request).fault,
  }))
  const nonce = (blockTag: 'latest' | 'pending') => client.getTransactionCount({ address: WALLET, blockTag })
  return {
    head: Number(head),
    requests: events
      .filter(event => REQUESTS.some(name => name === event.eventName))
      .map(event => ({ id: hex(event.args.decryptionId), block: Number(event.blockNumber) })),
    answers: ids('PublicDecryptionResponseCall', 'UserDecryptionResponse'),
    consensus: ids('PublicDecryptionResponse', 'UserDecryptionResponseThresholdReached'),
    plaintextFaults: judged.flatMap(({ id, text }) => (text === undefined ? [] : [{ id, text }])),
    transactions: await walletTransactions(client, deployedAtBlock, head),
    nonces: { latest: await nonce('latest'), pending: await nonce('pending') },
  }
}

async function walletTransactions(client: Client, from: bigint, to: bigint): Promise<WalletTransaction[]> {
  const found: WalletTransaction[] = []
  for (let at = from; at <= to; at += BigInt(BLOCKS_AT_ONCE)) {
    const count = Math.min(BLOCKS_AT_ONCE, Number(to - at) + 1)
    const some = await Promise.all(Array.from({ length: count }, (_, n) => transactionsOf(client, at + BigInt(n))))
    found.push(...some.flat())
  }
  return found.sort((a, b) => a.nonce - b.nonce)
}

async function transactionsOf(client: Client, blockNumber: bigint): Promise<WalletTransaction[]> {
  const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true })
  const ours = transactions.filter(({ from }) => from.toLowerCase() === WALLET)
  return Promise.all(
    ours.map(async ({ hash, nonce, input }) => {
      const { status } = await client.getTransactionReceipt({ hash })
      return { nonce, hash, succeeded: status === 'success', id: input.slice(SELECTOR, SELECTOR + 64) }
    }),
  )
}
