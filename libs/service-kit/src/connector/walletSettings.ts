import {
  duration,
  group,
  integer,
  type Loaded,
  optional,
  path,
  secretHex,
  secretText,
  text,
  url,
} from '../settings/declare.ts'
import type { Rule } from '../settings/schema.ts'

/** Where the wallet of the sender comes from: the first of private key, AWS KMS, key file and mnemonic that is given. */
export const walletSettings = {
  private_key: optional(
    secretHex({
      bytes: 32,
      describe: 'Private key of the wallet, 32 bytes of hex. For development: use aws_kms_config in production.',
    }),
  ),
  aws_kms_config: optional(
    group(
      {
        key_id: text({
          describe:
            'Key id, key ARN, alias name or alias ARN of a key with spec ECC_SECG_P256K1 for SIGN_VERIFY. The process needs kms:GetPublicKey and kms:Sign.',
          example: 'alias/kms-connector',
        }),
        region: optional(
          text({
            describe: 'Region of the key; left out, the region in an ARN or what the AWS SDK finds.',
            example: 'eu-west-1',
          }),
        ),
        endpoint: optional(
          url({ describe: 'Endpoint of the service where it is not AWS.', example: 'http://localhost:4566' }),
        ),
      },
      {
        describe:
          'Wallet in AWS KMS, used when there is no private_key. Credentials are those the AWS SDK finds: environment, shared files, web identity, container or instance role.',
      },
    ),
  ),
  signing_key_path: optional(
    path({
      describe:
        'Key file of the wallet: 32 raw bytes, 64 hex digits, or an encrypted JSON keystore. Used when there is neither private_key nor aws_kms_config.',
    }),
  ),
  signing_key_password_file: optional(
    path({ describe: 'File with the password of an encrypted signing_key_path in its only line.' }),
  ),
  mnemonic: optional(
    secretText({
      describe:
        'Mnemonic of the wallet, English words of BIP-39 without passphrase. For development; used when no other wallet is given.',
    }),
  ),
  account_index: integer({
    default: 0,
    min: 0,
    max: 2 ** 31 - 1,
    describe: "Account of the mnemonic: the last part of m/44'/60'/0'/0/<index>.",
  }),
  max_concurrent_signatures: integer({
    default: 16,
    min: 1,
    max: 1024,
    describe: 'Signatures asked of AWS KMS at once. AWS limits requests per region and account.',
  }),
  signature_timeout: duration({
    default: '20s',
    max: '10m',
    describe: 'How long one signature of AWS KMS may take, waiting and all attempts included.',
  }),
  signature_attempt_timeout: duration({
    default: '5s',
    max: '1m',
    describe: 'How long one attempt at a signature of AWS KMS may take.',
  }),
} as const

export type WalletLoaded = Loaded<typeof walletSettings>

/** Rules between the wallet settings, for the schema that includes them. */
export const walletRules: readonly Rule<WalletLoaded>[] = [
  {
    path: 'private_key',
    check: ({ private_key, aws_kms_config, signing_key_path, mnemonic }) =>
      (private_key ?? aws_kms_config ?? signing_key_path ?? mnemonic)
        ? undefined
        : 'no wallet is given: give one of private_key, aws_kms_config, signing_key_path and mnemonic',
  },
  {
    path: 'signing_key_password_file',
    check: ({ signing_key_password_file, signing_key_path }) =>
      signing_key_password_file !== undefined && signing_key_path === undefined
        ? 'is the password of a signing_key_path, which is not given'
        : undefined,
  },
]

/** The settings in the words of the wallet library; secrets stay closed. */
export function walletSources(settings: WalletLoaded) {
  const { private_key, aws_kms_config, signing_key_path, signing_key_password_file, mnemonic, account_index } = settings
  return {
    privateKey: private_key,
    awsKms: aws_kms_config && {
      keyId: aws_kms_config.key_id,
      region: aws_kms_config.region,
      endpoint: aws_kms_config.endpoint,
    },
    keyFile:
      signing_key_path === undefined ? undefined : { path: signing_key_path, passwordFile: signing_key_password_file },
    mnemonic: mnemonic && { words: mnemonic, accountIndex: account_index },
  }
}
