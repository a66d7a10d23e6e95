import { type Alias, atMost, type Conversion, type LegacyName, type Retired, scaled } from '../settings/legacy.ts'

/** The first connector was one process, its successor three services around a database. */
const FIRST = 'first connector'
const THREE = 'three services'

const SECONDS = scaled('seconds', 's')
const MILLISECONDS = scaled('milliseconds', 'ms')

/** The connector reads over HTTP; a WebSocket URL of the same node is close enough to try. */
const FROM_WEBSOCKET: Conversion = {
  expected: 'a URL that starts with ws://, wss://, http:// or https://',
  convert: text => text.trim().replaceAll(/(^|,\s*)ws(s?):\/\//gi, '$1http$2://'),
}

/** Names that still work, under another name, at another place or in another unit. */
const ALIASES: readonly Alias[] = [
  {
    path: 'gwl2_url',
    from: FIRST,
    now: ['gateway_url'],
    conversion: FROM_WEBSOCKET,
    note: 'the Gateway is read over HTTP, so ws:// is taken for http:// and wss:// for https://; check the port, many nodes serve HTTP on another one',
  },
  { path: 'kms_core_endpoint', from: FIRST, now: ['kms_core_endpoints'], note: 'it takes one endpoint per shard' },
  { path: 'chain_id', from: FIRST, now: ['gateway_chain_id'] },
  { path: 'decryption_manager_address', from: FIRST, now: ['decryption_contract.address'] },
  { path: 'decryption_manager_domain_name', from: FIRST, now: ['decryption_contract.domain_name'] },
  { path: 'decryption_manager_domain_version', from: FIRST, now: ['decryption_contract.domain_version'] },
  {
    path: 'httpz_address',
    from: FIRST,
    now: ['gateway_config_contract.address'],
    note: 'that contract became GatewayConfig, the registry; its key management moved to a contract of its own, kms_generation_contract.address',
  },
  {
    path: 'channel_size',
    from: FIRST,
    now: ['max_in_flight'],
    conversion: atMost(4096),
    note: 'at most 4096 are taken',
  },
  ...['public_decryption_timeout_secs', 'user_decryption_timeout_secs'].map(path => ({
    path,
    from: FIRST,
    now: ['grpc_poll_budget'] as const,
    conversion: SECONDS,
    note: 'one setting for both kinds of decryptions; a request whose time is up goes back to its stream and is tried again',
  })),
  ...['decryption_timeout_secs', 'reencryption_timeout_secs'].map(path => ({
    path,
    from: FIRST,
    now: ['grpc_poll_budget'] as const,
    conversion: SECONDS,
  })),
  { path: 'healthcheck_timeout_secs', from: THREE, now: ['healthcheck_timeout'], conversion: SECONDS },
  ...['address', 'domain_name', 'domain_version'].map(name => ({
    path: `kms_management_contract.${name}`,
    from: THREE,
    now: [`kms_generation_contract.${name}`] as const,
    note: 'KmsManagement became KMSGeneration',
  })),
  { path: 'decryption_domain_version', from: THREE, now: ['decryption_contract.domain_version'] },
  { path: 'kms_generation_polling', from: THREE, now: ['key_management_polling'] },
  { path: 'kms_from_block_number', from: THREE, now: ['kms_operation_from_block_number'] },
  { path: 'decryption_polling_ms', from: THREE, now: ['decryption_polling'], conversion: MILLISECONDS },
  { path: 'key_management_polling_ms', from: THREE, now: ['key_management_polling'], conversion: MILLISECONDS },
  {
    path: 'task_limit',
    from: THREE,
    now: ['max_in_flight', 'publish_in_flight'],
    conversion: atMost(4096),
    note: 'at most 4096 are taken; gw-listener calls it publish_in_flight, tx-sender has max_open_transactions',
  },
  { path: 's3_ciphertext_retrieval_attempts', from: THREE, now: ['s3_ciphertext_retrieval_retries'] },
  { path: 'copro_registry_refresh', from: THREE, now: ['bucket_registry_ttl'] },
  { path: 'host_rpc_call_timeout', from: THREE, now: ['host_chain_timeout'] },
]

const retired = (from: string, why: string, ...paths: readonly string[]): readonly Retired[] =>
  paths.map(path => ({ path, from, why }))

const NO_DATABASE = 'requests and answers are kept on NATS JetStream instead of a database, see nats_url'
const PUSHED = 'NATS JetStream delivers at once, nothing is polled'
const KEPT_BY_AGE =
  'nothing is cleaned up by a routine, see streams.decryption_age, streams.response_age and streams.outcome_age'
const REDELIVERED = 'NATS JetStream hands out again by itself what a worker that died was working on'
const ETHEREUM = 'this version speaks protocol v0.11, in which everything happens on the Gateway chain'
const ATTESTATIONS =
  'this version speaks protocol v0.11, in which requests themselves say what a ciphertext must be; there are no attestations to read'

/** Names that are accepted because they stand in the settings of a working node, but that nothing reads any more. */
const RETIRED: readonly Retired[] = [
  ...retired(
    FIRST,
    'no answer is signed under the domain of that contract; those of key management are signed under kms_generation_contract.domain_name and .domain_version',
    'httpz_domain_name',
    'httpz_domain_version',
  ),
  ...retired(
    FIRST,
    'the KMS Core holds a poll until the result is there, and failed attempts back off by themselves, see max_decryption_attempts',
    'retry_interval_secs',
  ),
  ...retired(THREE, NO_DATABASE, 'database_url'),
  ...retired(THREE, 'every service uses a few connections to NATS and no pool', 'database_pool_size'),
  ...retired(THREE, PUSHED, 'database_polling_timeout', 'db_fast_event_polling', 'db_long_event_polling'),
  ...retired(
    THREE,
    'answers are read ahead of the checkpoint, see inbox_size, and estimated side by side, see prepare_ahead',
    'responses_batch_size',
  ),
  ...retired(
    THREE,
    'an answer is given up by attempts and age together, see max_answer_attempts and max_answer_age',
    'tx_retries',
  ),
  ...retired(THREE, 'retries back off by themselves, see resend_after', 'tx_retry_interval', 'tx_retry_interval_ms'),
  ...retired(
    THREE,
    'gas limits are floors per operation that grow when a transaction runs out of gas',
    'gas_multiplier_percent',
  ),
  ...retired(
    THREE,
    'why the chain refuses an answer is read before it is sent, without debug_traceTransaction',
    'trace_reverted_tx',
  ),
  ...retired(THREE, 'gauges are read whenever /metrics is', 'gauge_update_interval'),
  ...retired(THREE, KEPT_BY_AGE, 'gc_run_interval', 'gc_decryption_expiry', 'decryption_expiry'),
  ...retired(
    THREE,
    REDELIVERED,
    'gc_decryption_under_process_limit',
    'operation_recovery_run_interval',
    'operation_under_process_timeout',
  ),
  ...retired(
    THREE,
    'how often a call to the KMS Core is repeated follows from its status code, see max_decryption_attempts and grpc_poll_budget',
    'grpc_request_retries',
  ),
  ...retired(THREE, 'the KMS Core holds a poll until the result is there, see grpc_poll_timeout', 'grpc_poll_interval'),
  ...retired(
    THREE,
    'the listener never gives up; it reports the endpoint as not ready until it answers',
    'max_consecutive_polling_errors',
  ),
  ...retired(
    THREE,
    ETHEREUM,
    'ethereum_url',
    'ethereum_chain_id',
    'ethereum_tx_required_confirmations',
    'ethereum_tx_get_receipt_timeout',
    'protocol_config_contract.address',
    'protocol_config_contract.domain_name',
    'protocol_config_contract.domain_version',
  ),
  ...retired(
    THREE,
    'this version speaks protocol v0.11, in which user decryptions are signed by plain accounts only',
    'erc1271_gas_limit',
  ),
  ...retired(
    THREE,
    ATTESTATIONS,
    'ct_attestation.enabled',
    'ct_attestation.head_timeout',
    'ct_attestation.registry_refresh',
    's3_head_timeout',
    's3_max_concurrent_heads_per_bucket',
  ),
  ...retired(
    THREE,
    'checks of a batch travel together, see rpc_batch_size and events_batch_size',
    'host_rpc_max_concurrent_calls',
  ),
]

/**
 * Every name that earlier generations of the connector had, in their code or only in their documents, and that is no
 * setting now. All services accept all of them, because services share their environment.
 */
export const LEGACY_NAMES: readonly LegacyName[] = [...ALIASES, ...RETIRED]
