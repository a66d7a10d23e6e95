import { ConnectorError } from '@kms-connector/protocol'

/** Where a key in AWS KMS is found. */
export interface AwsKmsKey {
  /** Key id, key ARN, alias name (`alias/...`) or alias ARN. */
  readonly keyId: string
  /** Absent: the region in the ARN, else what the AWS SDK finds in environment and shared files. */
  readonly region?: string | undefined
  /** Absent: the endpoint of AWS for the region. */
  readonly endpoint?: string | undefined
}

const KEY_ID = /^[A-Za-z0-9:/_.+=,@-]{1,2048}$/
const ARN = /^arn:[a-z0-9-]+:kms:([a-z0-9-]{1,64}):\d{12}:(?:key|alias)\/.+$/
const REGION = /^[a-z0-9-]{1,64}$/

/**
 * Checks what can be known without asking AWS.
 *
 * @returns key id and the region to use; undefined leaves it to the AWS SDK
 * @throws ConnectorError WALLET_UNUSABLE; a private key or credentials in the wrong place are not repeated
 */
export function checkAwsKmsKey({ keyId, region, endpoint }: AwsKmsKey): {
  readonly keyId: string
  readonly region: string | undefined
} {
  // A private key by mistake must neither be shown nor sent to anybody.
  if (!KEY_ID.test(keyId) || /[0-9a-f]{64}/i.test(keyId)) {
    throw new ConnectorError('WALLET_UNUSABLE', 'the AWS KMS key id is no key id, ARN or alias')
  }
  const ofArn = ARN.exec(keyId)?.[1]
  if (keyId.startsWith('arn:') && ofArn === undefined) {
    throw new ConnectorError('WALLET_UNUSABLE', `${keyId} is no ARN of a key or alias in AWS KMS`, { key_id: keyId })
  }
  if (region !== undefined && !REGION.test(region)) {
    throw new ConnectorError('WALLET_UNUSABLE', 'the AWS region is no name of a region, such as eu-west-1')
  }
  if (region !== undefined && ofArn !== undefined && region !== ofArn) {
    throw new ConnectorError('WALLET_UNUSABLE', `the key is in ${ofArn}, the configured region is ${region}`)
  }
  if (endpoint !== undefined) checkEndpoint(endpoint)
  return { keyId, region: region ?? ofArn }
}

function checkEndpoint(endpoint: string): void {
  const url = URL.parse(endpoint)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConnectorError('WALLET_UNUSABLE', 'the AWS KMS endpoint is no http or https URL')
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConnectorError(
      'WALLET_UNUSABLE',
      'the AWS KMS endpoint holds a user name or password, AWS has none there',
    )
  }
}
