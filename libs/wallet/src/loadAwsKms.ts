import type { AwsKmsOptions } from './awsKms.ts'
import type { AwsKmsKey } from './awsKmsKey.ts'
import type { Wallet } from './wallet.ts'

/**
 * A wallet of AWS KMS, see `awsKms.ts`. The AWS SDK is loaded only here: without a key of AWS KMS no process keeps its
 * megabytes in memory.
 * @throws ConnectorError WALLET_UNUSABLE or WALLET_NOT_SIGNING
 */
export async function loadAwsKmsWallet(key: AwsKmsKey, options: AwsKmsOptions = {}): Promise<Wallet> {
  const { awsKmsWallet } = await import('./awsKms.ts')
  return awsKmsWallet(key, options)
}
