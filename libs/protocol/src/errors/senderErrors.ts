import { type ErrorEntry, entry } from './errorEntry.ts'

/** Sending answers. */
export const senderErrors = {
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
  LEASE_LOST: entry(
    'retry',
    'The sender lost its lease, or could not renew it in time.',
    'Another sender takes over, or this one once it has the lease again; look at the connection to NATS if it repeats.',
  ),
  NONCE_ORDER_REFUSED: entry(
    'fatal',
    'An order about a nonce cannot be carried out.',
    'Look at the nonces with `kms-connector nonce show`; the message says what is in the way.',
  ),
  CHECKPOINT_INVALID: entry(
    'fatal',
    'The RESPONSES stream is not the one that the sender has read up to its checkpoint: it was created anew, set back, or lost answers.',
    'Run `kms-connector streams repair`, after which the sender begins with the first answer that is kept; what the chain has costs one look each.',
  ),
} as const satisfies Record<string, ErrorEntry>
