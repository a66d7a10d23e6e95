import { type ErrorEntry, entry } from './errorEntry.ts'

/** Settings and start-up. */
export const startUpErrors = {
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
  CONTRACT_MISMATCH: entry(
    'fatal',
    'There is another contract at a configured address.',
    'Two addresses may be swapped, or belong to another network; correct them in the settings.',
  ),
  DOMAIN_MISMATCH: entry(
    'fatal',
    'The EIP-712 domain of a contract differs from the settings.',
    'Correct `domain_name`, `domain_version`, the address or the chain id; every answer would be refused.',
  ),
  WALLET_UNKNOWN: entry(
    'fatal',
    'The wallet of this node is not registered.',
    'Correct the wallet settings, or have the wallet registered as a KMS transaction sender in GatewayConfig.',
  ),
  START_BLOCK_REQUIRED: entry(
    'fatal',
    'There is no stored cursor and no start block is configured.',
    'Set `decryption_from_block_number` and `kms_operation_from_block_number` to the first block to read, or to `latest` to skip history on purpose. If this is no first start, the broker lost its cursors: `kms-connector streams repair --from-block N`.',
  ),
  TOPOLOGY_DRIFT: entry(
    'fatal',
    'A stream, consumer or bucket exists with settings that cannot be changed in place.',
    'Compare the named field with the expected value; move the stream aside by hand, nothing is ever deleted automatically.',
  ),
  STREAM_MISSING: entry(
    'fatal',
    'A stream, consumer or bucket that was in use is gone from the broker.',
    'Find out what happened to the broker, then run `kms-connector streams repair`, which says what it needs, and start the services again; see "When the broker lost something" in docs/operations.md.',
  ),
  CURSOR_INVALID: entry(
    'fatal',
    'The stream of requests is not the one that the cursor was stored for, ends before it, or lost some before it: published requests are missing.',
    'Run `kms-connector streams repair --from-block N` with the block of the oldest request that may be unanswered; reading too much again only costs time.',
  ),
  BROKER_FEATURE_MISSING: entry(
    'fatal',
    'The NATS server is too old for the requested topology.',
    'Upgrade the NATS server, or lower the replica count.',
  ),
  WALLET_UNUSABLE: entry(
    'fatal',
    'The wallet could not be loaded.',
    'Correct the wallet settings; the message names what is wrong.',
  ),
} as const satisfies Record<string, ErrorEntry>
