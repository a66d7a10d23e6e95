import type { CiphertextStoreOptions, FallbackBucketOptions, RegistryCache } from '@kms-connector/ciphertexts'
import { type CiphertextRef, ConnectorError } from '@kms-connector/protocol'
import type { Logger, WorkerSettings } from '@kms-connector/service-kit'
import type { WorkerMetrics } from './metrics.ts'

/** Where ciphertexts come from and what bounds the fetching, as the settings say. */
export function ciphertextOptions(
  settings: WorkerSettings,
  registry: RegistryCache,
  metrics: WorkerMetrics,
  logger: Logger,
): CiphertextStoreOptions {
  const fallback = fallbackOf(settings)
  return {
    bucketsOf: addresses => registry.bucketsOf(addresses),
    ...(fallback ? { fallback } : {}),
    allowLinkLocal: settings.allow_link_local_buckets,
    allowPrivate: settings.allow_private_buckets,
    limits: {
      maxConcurrentGets: settings.s3_max_concurrent_gets,
      connectionsPerOrigin: settings.s3_max_concurrent_gets,
      maxBytesInFlight: settings.s3_max_bytes_in_flight,
      maxCiphertextBytes: settings.s3_max_ciphertext_size,
      maxRequestBytes: settings.s3_max_request_size,
      connectTimeoutMs: settings.s3_connect_timeout,
      getTimeoutMs: settings.s3_get_timeout,
      fetchTimeoutMs: settings.s3_fetch_timeout,
      rounds: settings.s3_ciphertext_retrieval_retries,
    },
    onSourceFault: ({ source, error }, { handle }) => {
      metrics.sourceFaults.inc({ code: error.code })
      logger.warn({ err: error, source, handle }, 'a bucket did not serve a ciphertext')
    },
  }
}

function fallbackOf({ s3_config: bucket }: WorkerSettings): FallbackBucketOptions | undefined {
  if (!bucket) return undefined
  const { access_key_id: accessKeyId, secret_access_key: secret, endpoint, region } = bucket
  return {
    bucket: bucket.bucket,
    region: region ?? 'us-east-1',
    operationTimeoutMs: bucket.operation_timeout,
    attemptTimeoutMs: bucket.attempt_timeout,
    attempts: bucket.attempts,
    backoffMs: bucket.retry_backoff,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId !== undefined && secret ? { credentials: { accessKeyId, secretAccessKey: secret.reveal() } } : {}),
  }
}

/**
 * Makes sure that every coprocessor of a ciphertext is registered with a bucket, where the settings ask for it.
 * @throws ConnectorError COPROCESSOR_UNKNOWN naming the first that is not
 */
export async function expectCoprocessors(
  registry: RegistryCache,
  { coprocessors, handle }: CiphertextRef,
): Promise<void> {
  const urls = await registry.bucketsOf(coprocessors)
  const unknown = coprocessors.find(coprocessor => !urls.has(coprocessor))
  if (unknown) throw new ConnectorError('COPROCESSOR_UNKNOWN', `${unknown} is not registered`, { handle })
}
