import { calldata } from '@kms-connector/tx-sender'
import { loadAwsKmsWallet, privateKeyWallet, type Wallet } from '@kms-connector/wallet'
import { parseGwei } from 'viem'
import { bareTransaction } from '../bare/bareTransaction.ts'
import { ANSWER } from './someAnswer.ts'
import type { Stage } from './stage.ts'
import type { StageSetup } from './stageSetup.ts'

const LOCAL = { name: 'sign with local key', lanes: 1, some: 50 }
const AWS_KMS = { name: 'sign with AWS KMS', lanes: 16, some: 1 }

/** From an answer to a signed transaction. */
export function signTransactions(awsKms: boolean): Stage {
  const { name, lanes, some } = awsKms ? AWS_KMS : LOCAL
  return {
    name,
    ...(awsKms ? { awsKms } : {}),
    sides: {
      async bound(setup) {
        const sign = await bareTransaction({ ...setup.config, kind: 'public', awsKms: keyOf(setup, awsKms) })
        const { decryptedResult: result, signature, extraData } = ANSWER
        const id = setup.nextId()
        let nonce = 0
        return {
          lanes,
          async step() {
            for (let i = 0; i < some; i++) await sign({ id, result, signature, extraData }, nonce++)
            return some
          },
        }
      },
      async achieved(setup) {
        const wallet = await walletOf(setup, awsKms)
        const { operation, config } = setup
        const { chainId, decryption: to } = config
        const fees = { gas: 400_000n, maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: parseGwei('1') }
        const id = setup.nextId()
        let nonce = 0
        return {
          lanes,
          async step() {
            for (let i = 0; i < some; i++)
              await wallet.sign({ ...fees, chainId, nonce: nonce++, to, data: calldata(operation.call(id, ANSWER)) })
            return some
          },
        }
      },
    },
  }
}

function keyOf({ config }: StageSetup, awsKms: boolean) {
  return awsKms ? config.awsKms : undefined
}

async function walletOf(setup: StageSetup, awsKms: boolean): Promise<Wallet> {
  const key = keyOf(setup, awsKms)
  if (!key) return privateKeyWallet(setup.config.privateKey)
  return loadAwsKmsWallet({ keyId: key.keyId, region: key.region, endpoint: key.url })
}
