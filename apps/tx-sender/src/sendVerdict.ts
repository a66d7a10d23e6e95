/**
 * What a node's reply to `eth_sendRawTransaction` says about the slot.
 * - `accepted`, `known`: the node has these bytes
 * - `consumed`: the nonce is used; by ours or by another, only receipts tell
 * - `too-high`: a nonce below is missing at this node
 * - `underpriced`: fees too low, alone or as a replacement
 * - `funds`: the wallet cannot pay
 * - `refused`: these bytes can never be accepted
 * - `oversized`: neither can any other transaction of this answer, because it is larger than the node takes
 * - `unknown`: no conclusion; the bytes may have arrived
 */
export type SendVerdict =
  | 'accepted'
  | 'known'
  | 'consumed'
  | 'too-high'
  | 'underpriced'
  | 'funds'
  | 'refused'
  | 'oversized'
  | 'unknown'

/**
 * Texts of nodes, first match wins. The order matters: "already known" and "nonce too low" mean opposites and some
 * libraries merge them, so the raw text is read here.
 */
const TEXTS: readonly (readonly [RegExp, SendVerdict])[] = [
  // geth core/txpool/errors.go ErrAlreadyKnown; nethermind "AlreadyKnown"; anvil/reth "transaction already imported"
  [/already known|alreadyknown|already imported|known transaction: /i, 'known'],
  // geth core/error.go ErrNonceTooLow; erigon and nethermind "OldNonce"; nitro passes geth's text on
  [/nonce too low|nonce is too low|oldnonce|nonce has already been used/i, 'consumed'],
  // geth core/error.go ErrNonceTooHigh; nitro's sequencer after it held the transaction for about a second
  [/nonce too high|nonce gap|nonce is too high/i, 'too-high'],
  // geth core/txpool/errors.go ErrReplaceUnderpriced, ErrUnderpriced; core/error.go ErrFeeCapTooLow
  [
    /replacement transaction underpriced|underpriced|max fee per gas less than block base fee|fee cap less than/i,
    'underpriced',
  ],
  // geth core/error.go ErrInsufficientFunds; anvil "Insufficient funds for gas * price + value"
  [/insufficient funds|insufficient balance/i, 'funds'],
  // geth core/txpool/errors.go ErrOversizedData, above 128 KiB; nitro's sequencer says the same above 95,000 bytes
  [/oversized data|maxtxsizeexceeded/i, 'oversized'],
  // geth core/error.go ErrIntrinsicGas, core/txpool/errors.go ErrGasLimit; core/types ErrInvalidChainId
  [/intrinsic gas too low|exceeds block gas limit|invalid chain id|invalid sender|invalid signature/i, 'refused'],
]

/** @param text error text of the node, exactly as it sent it */
export function sendVerdictOf(text: string): SendVerdict {
  for (const [pattern, verdict] of TEXTS) if (pattern.test(text)) return verdict
  return 'unknown'
}
