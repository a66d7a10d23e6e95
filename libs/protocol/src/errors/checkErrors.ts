import { type ErrorEntry, entry } from './errorEntry.ts'

/** Checks before work. */
export const checkErrors = {
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
  PREREQUISITE_PENDING: entry(
    'retry',
    'A key operation came before the one it builds on has reached consensus.',
    'Nothing to do; it is tried again until the other one is settled on chain.',
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
} as const satisfies Record<string, ErrorEntry>
