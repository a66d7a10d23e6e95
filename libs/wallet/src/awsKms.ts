import { GetPublicKeyCommand, type GetPublicKeyCommandOutput, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { addressOfPublicKey, ConnectorError } from '@kms-connector/protocol'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { AwsKmsCaller, type AwsKmsObserver } from './awsKmsCaller.ts'
import { readAwsKmsFault } from './awsKmsFault.ts'
import { type AwsKmsKey, checkAwsKmsKey } from './awsKmsKey.ts'
import { parseDerSignature } from './derSignature.ts'
import { ethereumSignature } from './ethereumSignature.ts'
import { parsePublicKeyInfo } from './publicKeyInfo.ts'
import { Wallet } from './wallet.ts'

export interface AwsKmsOptions {
  /** Signatures asked for at once; 16 unless told. */
  readonly maxConcurrent?: number
  /** One signature with its waiting and all its attempts, in ms; 20,000 unless told. */
  readonly timeoutMs?: number
  /** One attempt, in ms; 5,000 unless told. */
  readonly attemptTimeoutMs?: number
  readonly observe?: AwsKmsObserver
}

/** Far more than the sender ever prepares at once. */
const MAX_WAITING = 4_096

/**
 * A wallet whose key never leaves AWS KMS: an asymmetric key of spec ECC_SECG_P256K1 for SIGN_VERIFY. Credentials are
 * those the AWS SDK finds: environment, shared files, web identity, container or instance role. The caller needs the
 * permissions kms:GetPublicKey and kms:Sign.
 *
 * @throws ConnectorError WALLET_UNUSABLE when key, permissions, region or credentials are wrong; WALLET_NOT_SIGNING when
 * AWS KMS cannot be reached in time, which may pass
 */
export async function awsKmsWallet(key: AwsKmsKey, options: AwsKmsOptions = {}): Promise<Wallet> {
  const { maxConcurrent = 16, timeoutMs = 20_000, attemptTimeoutMs = 5_000, observe } = options
  const { keyId, region } = checkAwsKmsKey(key)
  const client = new KMSClient({
    ...(region === undefined ? {} : { region }),
    ...(key.endpoint === undefined ? {} : { endpoint: key.endpoint }),
    // Attempts are counted and timed here, in one place.
    maxAttempts: 1,
    // Named, so that there is an HTTP client whatever a bundler or another platform would choose.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: attemptTimeoutMs,
      requestTimeout: attemptTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets: maxConcurrent },
      httpsAgent: { keepAlive: true, maxSockets: maxConcurrent },
    }),
  })
  await expectRegion(client)
  const caller = new AwsKmsCaller({ maxConcurrent, maxWaiting: MAX_WAITING, timeoutMs, attemptTimeoutMs }, observe)
  const answer = await caller.call('GetPublicKey', 'WALLET_UNUSABLE', abortSignal =>
    client.send(new GetPublicKeyCommand({ KeyId: keyId }), { abortSignal }),
  )
  const publicKey = signingKeyOf(answer)
  return new Wallet(addressOfPublicKey(publicKey), async digest => {
    const der = await caller.call('Sign', 'WALLET_NOT_SIGNING', abortSignal =>
      client.send(signCommand(keyId, digest), { abortSignal }),
    )
    return ethereumSignature(parseDerSignature(der.Signature ?? new Uint8Array()), digest, publicKey)
  })
}

/** The digest is signed as it is: with MessageType RAW the service would hash it again. */
function signCommand(keyId: string, digest: Uint8Array): SignCommand {
  return new SignCommand({
    KeyId: keyId,
    Message: digest,
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ECDSA_SHA_256',
  })
}

async function expectRegion(client: KMSClient): Promise<void> {
  try {
    await client.config.region()
  } catch (fault) {
    const { name } = readAwsKmsFault(fault)
    throw new ConnectorError('WALLET_UNUSABLE', 'no AWS region: configure the region of the key', { aws_error: name })
  }
}

function signingKeyOf({ KeySpec, KeyUsage, PublicKey }: GetPublicKeyCommandOutput): Uint8Array {
  if (KeySpec !== 'ECC_SECG_P256K1') {
    throw new ConnectorError('WALLET_UNUSABLE', `the AWS KMS key has spec ${KeySpec}, a wallet needs ECC_SECG_P256K1`)
  }
  if (KeyUsage !== 'SIGN_VERIFY') {
    throw new ConnectorError('WALLET_UNUSABLE', `the AWS KMS key is for ${KeyUsage}, a wallet needs SIGN_VERIFY`)
  }
  return parsePublicKeyInfo(PublicKey ?? new Uint8Array())
}
