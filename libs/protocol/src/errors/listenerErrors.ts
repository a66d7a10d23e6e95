import { type ErrorEntry, entry } from './errorEntry.ts'

/** Reading the chain. */
export const listenerErrors = {
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
  RPC_CONTRADICTION: entry(
    'retry',
    'A JSON-RPC endpoint contradicted itself or another endpoint.',
    'Report it to the operator of the endpoint that the message names; it is left alone for a while and what it said is read again.',
  ),
} as const satisfies Record<string, ErrorEntry>
