/**
 * Every fault the connector can name. One table, so that code, logs, dead letters and the error reference in the
 * documentation can never disagree.
 *
 * `disposition` is the rule a fault ends in:
 * - `retry`: the input may be fine later; try again with backoff, within the budget of its operation.
 * - `dead`: the input can never succeed; keep it as a dead letter and go on with the next one.
 * - `park`: nothing is wrong with the input, everything would fail the same way; stop, tell the operator, burn nothing.
 * - `fatal`: the process must not run like this; refuse to start or exit with code 1.
 */
export type Disposition = 'retry' | 'dead' | 'park' | 'fatal'

interface ErrorEntry {
  readonly disposition: Disposition
  /** One sentence: what happened. */
  readonly what: string
  /** One sentence: what the operator does next. */
  readonly hint: string
}

const entry = (disposition: Disposition, what: string, hint: string): ErrorEntry => ({ disposition, what, hint })

export const ERRORS = {
  // Settings and start-up
  SETTINGS_INVALID: entry(
    'fatal',
    'The settings have faults.',
    'Correct every setting listed in the message; `validate --config FILE` checks them without starting.',
  ),
  CHAIN_ID_MISMATCH: entry(
    'fatal',
    'The RPC endpoint serves another chain than the settings name.',
    'Correct the endpoint URL or the chain id.',
  ),
  CONTRACT_MISSING: entry(
    'fatal',
    'There is no contract code at a configured address.',
    'Correct the contract address or the endpoint URL.',
  ),
  START_BLOCK_REQUIRED: entry(
    'fatal',
    'There is no stored cursor and no start block is configured.',
    'Set `decryption_from_block_number` and `kms_operation_from_block_number` to the first block to read, or to `latest` to skip history on purpose.',
  ),
  TOPOLOGY_DRIFT: entry(
    'fatal',
    'A stream, consumer or bucket exists with settings that cannot be changed in place.',
    'Compare the named field with the expected value; move the stream aside by hand, nothing is ever deleted automatically.',
  ),
  BROKER_FEATURE_MISSING: entry(
    'fatal',
    'The NATS server is too old for the requested topology.',
    'Upgrade the NATS server, or lower the replica count.',
  ),
  WALLET_UNUSABLE: entry(
    'fatal',
    'The wallet could not be loaded.',
    'Correct the wallet settings; a private key is 32 bytes of hex.',
  ),
  // Listener
  LOG_UNDECODABLE: entry(
    'dead',
    'A log with a known topic could not be decoded.',
    'Compare the contract version with the protocol version in the settings; the raw log is in the dead letter.',
  ),
  REQUEST_ID_INVALID: entry(
    'dead',
    'A request id does not carry the type prefix of its operation.',
    'The Gateway contract emitted an id outside its counter range; report it with the dead letter.',
  ),
  REQUEST_CONFLICT: entry(
    'dead',
    'The same request id came with another payload.',
    'A reorganisation of the chain replaced the request; compare both payloads and their block hashes.',
  ),
  RPC_UNAVAILABLE: entry(
    'retry',
    'A JSON-RPC endpoint did not answer.',
    'Check the endpoint and the network; the call is repeated.',
  ),
  RPC_REJECTED: entry(
    'retry',
    'A JSON-RPC endpoint refused a call.',
    'Read the error text of the endpoint in the message.',
  ),
  // Messages on streams
  MESSAGE_MALFORMED: entry(
    'dead',
    'A message body is not what its schema says.',
    'Find out who wrote it; only the connector writes to these streams.',
  ),
  MESSAGE_VERSION_UNKNOWN: entry(
    'dead',
    'A message carries a schema version this build does not know.',
    'Upgrade this process, then replay the dead letter.',
  ),
  MESSAGE_TOO_LARGE: entry(
    'dead',
    'A message is larger than the stream accepts.',
    'Raise `max_msg_size` of the stream and `max_payload` of the server, then replay the dead letter.',
  ),
  BROKER_UNAVAILABLE: entry(
    'retry',
    'The broker did not confirm an operation.',
    'Check the NATS server; nothing is lost, the operation is repeated.',
  ),
  STREAM_FULL: entry(
    'retry',
    'A stream reached its byte limit and refuses new messages.',
    'Raise the size of the stream or shorten its age below `streams` in the settings; publishing continues by itself.',
  ),
  // Checks before work
  HANDLE_MALFORMED: entry(
    'dead',
    'A ciphertext handle is not 32 bytes or names an unsupported type.',
    'The request cannot be answered; it is kept as a dead letter.',
  ),
  HOST_CHAIN_UNKNOWN: entry(
    'retry',
    'A handle names a host chain that is not configured.',
    'Add the chain to `host_chains` of the worker.',
  ),
  ACL_DENIED: entry(
    'retry',
    'The ACL of the host chain does not allow this decryption (yet).',
    'The host chain may lag; if it stays denied the request ends as a dead letter.',
  ),
  CALLDATA_MISSING: entry(
    'retry',
    'The transaction of a user decryption request was not found on the Gateway.',
    'The endpoint may lag; check that it keeps transactions.',
  ),
  CALLDATA_FOREIGN: entry(
    'dead',
    'The transaction of a user decryption request was not sent to the Decryption contract.',
    'Requests relayed through another contract are refused, their calldata proves nothing.',
  ),
  CALLDATA_UNDECODABLE: entry(
    'dead',
    'The calldata of a user decryption request is neither a direct nor a delegated request.',
    'Compare the contract version with the protocol version in the settings.',
  ),
  // Ciphertexts
  COPROCESSOR_UNKNOWN: entry(
    'retry',
    'None of the coprocessors of a ciphertext is registered with a bucket.',
    'Check GatewayConfig; the registry is read again on every attempt.',
  ),
  BUCKET_URL_INVALID: entry(
    'retry',
    'A registered bucket URL cannot be used.',
    'The coprocessor must register a usable URL; other sources are tried first.',
  ),
  CIPHERTEXT_MISSING: entry(
    'retry',
    'No bucket holds the ciphertext.',
    'Check the buckets of the coprocessors; the request is tried again.',
  ),
  CIPHERTEXT_DIGEST_MISMATCH: entry(
    'retry',
    'A bucket returned bytes with another digest.',
    'The bucket serves wrong or corrupted data; other sources are tried.',
  ),
  CIPHERTEXT_TOO_LARGE: entry(
    'retry',
    'A ciphertext is larger than the ceiling in the settings.',
    'Raise `s3_max_ciphertext_size` if this size is expected.',
  ),
  CIPHERTEXT_TIMEOUT: entry('retry', 'A bucket was too slow.', 'Check the bucket; other sources are tried.'),
  CIPHERTEXT_UNAVAILABLE: entry(
    'retry',
    'A bucket could not be read.',
    'Read the status in the message; other sources are tried.',
  ),
  // KMS Core
  CORE_UNAVAILABLE: entry('retry', 'The KMS Core did not answer.', 'Check the KMS Core; the request is sent again.'),
  CORE_BUSY: entry('retry', 'The KMS Core is at capacity.', 'Nothing to do; the request is sent again with backoff.'),
  CORE_PENDING: entry('retry', 'The KMS Core is still computing.', 'Nothing to do; polling continues.'),
  CORE_KEY_MISSING: entry(
    'retry',
    'The KMS Core does not hold the key of the request.',
    'Check the key material of the KMS Core.',
  ),
  CORE_FORGOT: entry(
    'retry',
    'The KMS Core does not know a request it had accepted.',
    'It was restarted or evicted the result; the request is submitted again.',
  ),
  CORE_REFUSED: entry(
    'dead',
    'The KMS Core refused the request as invalid.',
    'Read the text of the KMS Core; replay the dead letter after the cause is removed.',
  ),
  CORE_FAILED: entry(
    'dead',
    'The KMS Core failed to compute the answer.',
    'Read the log of the KMS Core; restart it and replay the dead letter.',
  ),
  CORE_NOT_READY: entry('retry', 'The KMS Core runs without its signing key.', 'Finish the recovery of the KMS Core.'),
  CORE_INCOMPATIBLE: entry(
    'retry',
    'The endpoint does not serve a KMS Core RPC, or refuses the caller.',
    'Check that the endpoint is a KMS Core of the supported version and that no proxy in between refuses the connector.',
  ),
  CORE_ANSWER_INVALID: entry(
    'dead',
    'The answer of the KMS Core does not fit the request.',
    'KMS Core and connector disagree about the protocol; nothing was published.',
  ),
  CORE_SIGNATURE_INVALID: entry(
    'dead',
    'The signature of the KMS Core is malformed or by another signer than the registered one.',
    'Compare the signer of the KMS Core with the node registered in GatewayConfig and the EIP-712 domain in the settings.',
  ),
  // Sender
  RESPONSE_REVERTED: entry(
    'dead',
    'The Gateway contract refuses the answer.',
    'Read the contract error in the message.',
  ),
  WALLET_NOT_REGISTERED: entry(
    'park',
    'The wallet is not a registered KMS transaction sender.',
    'Register the wallet in GatewayConfig or correct the wallet settings; sending resumes by itself.',
  ),
  SIGNER_NOT_REGISTERED: entry(
    'park',
    'The signer of the KMS Core is not registered for this wallet.',
    'Compare wallet, KMS Core and GatewayConfig; sending resumes by itself.',
  ),
  WALLET_EMPTY: entry(
    'park',
    'The wallet cannot pay for gas.',
    'Send native tokens to the wallet; sending resumes by itself.',
  ),
  WALLET_NOT_SIGNING: entry(
    'park',
    'The wallet did not sign.',
    'Check the signing service of the wallet; sending resumes by itself.',
  ),
  NONCE_TAKEN: entry(
    'retry',
    'A nonce of the wallet was used by something else.',
    'Nobody else may use this key; the answer is sent with another nonce.',
  ),
  TRANSACTION_REVERTED: entry(
    'retry',
    'A transaction was mined but reverted.',
    'The answer is estimated and sent again.',
  ),
  CHECKPOINT_INVALID: entry(
    'fatal',
    'The checkpoint of the sender does not fit the RESPONSES stream.',
    'The stream was recreated or restored; decide where to resume and reset the checkpoint by hand.',
  ),
  // Every process
  QUEUE_FULL: entry(
    'retry',
    'A bounded queue inside the connector is full.',
    'More arrives than is worked off; add workers or raise the limit named in the message.',
  ),
  LOOP_DEAD: entry(
    'retry',
    'A loop of this process stopped working.',
    'The process restarts itself; report it with the log if it repeats.',
  ),
  MONITORING_UNAVAILABLE: entry(
    'retry',
    'The monitoring server could not listen.',
    'Choose a free address in `monitoring_endpoint`.',
  ),
  // Devnet
  DEVNET_PROCESS_FAILED: entry(
    'fatal',
    'A process of the devnet did not start.',
    'Read the words of the process in the message.',
  ),
  DEVNET_CALL_REVERTED: entry(
    'dead',
    'A contract of the devnet refused a call.',
    'Read the contract error in the message.',
  ),
  DEVNET_TIMEOUT: entry(
    'retry',
    'Something the devnet waited for did not happen in time.',
    'Read in the message what was awaited; a slow machine needs a longer deadline.',
  ),
  INTERNAL: entry(
    'retry',
    'An unexpected fault inside the connector.',
    'Report it with the log; the work is tried again.',
  ),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS
