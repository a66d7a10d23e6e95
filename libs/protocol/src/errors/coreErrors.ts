import { type ErrorEntry, entry } from './errorEntry.ts'

/** KMS Core. */
export const coreErrors = {
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
    'retry',
    'The signature of the KMS Core is malformed or by another signer than the registered one.',
    'Compare the signer of the KMS Core with the node registered in GatewayConfig and the EIP-712 domain in the settings; while the signer is being changed this ends by itself.',
  ),
} as const satisfies Record<string, ErrorEntry>
