import { processSettings } from '../processSettings.ts'
import {
  address,
  bytes,
  duration,
  flag,
  group,
  integer,
  list,
  optional,
  path,
  secretText,
  text,
  url,
  urlList,
  urls,
} from '../settings/declare.ts'
import { defineSettings, type Schema } from '../settings/schema.ts'
import { brokerSettings } from './brokerSettings.ts'
import { gatewaySettings, MAX_ENDPOINTS } from './gatewaySettings.ts'
import { LEGACY_NAMES } from './legacyNames.ts'
import { nodeSettings } from './nodeSettings.ts'

/** How to reach the KMS Core. */
export const coreSettings = {
  kms_core_endpoints: urlList({
    default: ['http://localhost:50051'],
    describe:
      'gRPC endpoints of the KMS Core, one per shard; the order decides which shard gets which id and must be the same in all workers.',
  }),
  kms_core_tls: optional(
    group(
      {
        ca_file: optional(path({ describe: 'Certificates of the authorities that sign the KMS Core.' })),
        cert_file: optional(path({ describe: 'Client certificate of this worker, for mutual TLS.' })),
        key_file: optional(path({ describe: 'Key of the client certificate.' })),
        server_name: optional(
          text({
            describe: 'Name that the certificate of the KMS Core is for, where it is not the host of the endpoint.',
          }),
        ),
      },
      {
        describe:
          'TLS towards the KMS Core; its endpoints start with https:// then. The files are read again for each connection.',
      },
    ),
  ),
  grpc_submit_timeout: duration({
    default: '30s',
    max: '10m',
    describe: 'How long the KMS Core may take to accept a request.',
  }),
  grpc_poll_timeout: duration({
    default: '75s',
    max: '10m',
    describe: 'Deadline of one poll for a result. KMS Core holds a poll for up to 60 s, so this must be longer.',
  }),
  grpc_poll_budget: duration({
    default: '3m',
    max: '1h',
    describe: 'How long one attempt waits for a result before the request goes back to the stream.',
  }),
} as const

const ciphertextSettings = {
  s3_connect_timeout: duration({
    default: '3s',
    max: '1m',
    describe: 'How long opening a connection to a bucket may take.',
  }),
  s3_get_timeout: duration({ default: '20s', max: '10m', describe: 'How long one GET may take, body included.' }),
  s3_fetch_timeout: duration({
    default: '60s',
    max: '30m',
    describe: 'How long all buckets together may take for one ciphertext.',
  }),
  s3_ciphertext_retrieval_retries: integer({
    default: 3,
    min: 1,
    max: 100,
    describe: 'Rounds over all buckets of a ciphertext.',
  }),
  s3_max_concurrent_gets: integer({ default: 32, min: 1, max: 4096, describe: 'GETs at once.' }),
  s3_max_ciphertext_size: bytes({ default: '66MiB', describe: 'Largest ciphertext that is accepted.' }),
  s3_max_bytes_in_flight: bytes({ default: '256MiB', describe: 'Most bytes of ciphertexts being received at once.' }),
  s3_max_request_size: bytes({
    default: '96MiB',
    describe: 'Most bytes of all ciphertexts of one request; KMS Core takes messages of up to 100 MiB.',
  }),
  s3_max_bytes_held: bytes({
    default: '512MiB',
    describe:
      'Bytes of ciphertexts that the KMS Core has not accepted yet, received or on their way, from which on no further one is fetched. What is on its way is taken to be as large as what came last; together with s3_max_bytes_in_flight and s3_max_request_size this bounds the memory of ciphertexts.',
  }),
  s3_config: optional(
    group(
      {
        bucket: text({ describe: 'Bucket that is asked when no coprocessor serves a ciphertext.', example: 'ct128' }),
        region: optional(text({ describe: 'Region of the bucket.', example: 'us-east-1' })),
        endpoint: optional(
          url({ describe: 'Endpoint of the bucket where it is not AWS.', example: 'http://localhost:9000' }),
        ),
        access_key_id: optional(text({ describe: 'Access key; anonymous without one.' })),
        secret_access_key: optional(secretText({ describe: 'Secret of the access key.' })),
        operation_timeout: duration({
          default: '1s',
          max: '5m',
          describe: 'How long all attempts together may take until the bucket starts to answer.',
        }),
        attempt_timeout: duration({
          default: '750ms',
          max: '5m',
          describe: 'How long one attempt may take until the bucket starts to answer.',
        }),
        attempts: integer({ default: 2, min: 1, max: 100, describe: 'Attempts at one ciphertext.' }),
        retry_backoff: duration({ default: '50ms', max: '1m', describe: 'Pause between two attempts.' }),
      },
      {
        describe:
          'Fallback bucket, asked when no registered bucket serves a ciphertext. There is none without a bucket name: buckets of coprocessors need neither region nor endpoint from here.',
      },
    ),
    { givenBy: 'bucket' },
  ),
  bucket_registry_ttl: duration({
    default: '5m',
    max: '24h',
    describe: 'How long the registered bucket URL of a coprocessor is believed.',
  }),
  verify_coprocessors: flag({
    default: false,
    describe:
      'Refuse a decryption as long as one of the coprocessors that it names is not registered in GatewayConfig. Either way only registered buckets are read, and a ciphertext counts only if it has the digest that the request names.',
  }),
  allow_private_buckets: flag({
    default: false,
    describe:
      'Accept registered buckets on private networks and on this machine. Who registers a bucket must not be able to make this process contact what only it can reach; the fallback bucket of the settings may be anywhere.',
  }),
  allow_link_local_buckets: flag({
    default: false,
    describe: 'Accept buckets at link-local addresses, where clouds keep their metadata services.',
  }),
} as const

/** One chain whose ciphertexts may be decrypted. */
export const hostChain = group(
  {
    url: urls({
      describe: 'JSON-RPC endpoint of the host chain, or several (an array) in the order of preference.',
      example: 'http://localhost:8545',
      max: MAX_ENDPOINTS,
    }),
    chain_id: integer({ min: 1, describe: 'Chain id of the host chain, as it stands in handles.', example: 12345 }),
    acl_address: address({
      describe: 'Address of the ACL contract on the host chain.',
      example: '0x0000000000000000000000000000000000000001',
    }),
  },
  { describe: 'One entry per host chain whose ciphertexts may be decrypted.' },
)

/** Wallet under which this node is registered. */
export const walletAddress = address({
  describe:
    "Wallet of this node's sender: GatewayConfig registers the signer of our KMS Core under it, and every answer is verified against that signer.",
  example: '0x0000000000000000000000000000000000000001',
})

const workerShape = {
  ...processSettings('kms-connector-kms-worker'),
  ...brokerSettings,
  ...gatewaySettings,
  ...nodeSettings,
  wallet_address: walletAddress,
  signer_refresh: duration({
    default: '15s',
    max: '24h',
    describe:
      'How long the registered signer is believed before it is read again. Answers by a signer that was replaced within this time are published and then refused on chain.',
  }),
  host_chains: list(hostChain, { min: 1, unique: 'chain_id' }),
  host_chain_timeout: duration({ default: '10s', max: '5m', describe: 'How long one call to a host chain may take.' }),
  rpc_batch_size: integer({
    default: 100,
    min: 1,
    max: 1000,
    describe: 'Most checks that travel as one JSON-RPC batch.',
  }),
  rpc_max_concurrent_batches: integer({
    default: 32,
    min: 1,
    max: 1000,
    describe: 'Batches of checks under way at once at one host chain.',
  }),
  ...coreSettings,
  ...ciphertextSettings,
  events_batch_size: integer({
    default: 64,
    min: 1,
    max: 1024,
    describe: 'Decryptions in one batch; key operations always go one at a time.',
  }),
  batch_linger: duration({
    default: '15ms',
    max: '10s',
    describe: 'How long the first decryption of a batch waits for others.',
  }),
  max_in_flight: integer({
    default: 256,
    min: 1,
    max: 4096,
    describe: 'Decryptions of one kind that this worker holds at once.',
  }),
  key_management_in_flight: integer({
    default: 4,
    min: 1,
    max: 64,
    describe: 'Key operations of one kind that this worker holds at once.',
  }),
  max_decryption_attempts: integer({
    default: 20,
    min: 1,
    max: 10_000,
    describe:
      'Attempts after which a decryption becomes a dead letter, provided that it is old enough too. Key operations are never given up.',
  }),
  max_decryption_age: duration({
    default: '30m',
    max: '48h',
    describe: 'Age below which a decryption is never given up, however many attempts failed.',
  }),
} as const

export const workerSettings = defineSettings(workerShape, [], LEGACY_NAMES)

export type WorkerSettings = typeof workerSettings extends Schema<infer V> ? V : never
