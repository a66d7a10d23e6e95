/** Why a nonce is consumed by a transfer to ourselves. */
export type BurnReason = 'useless' | 'stuck' | 'refused' | 'gap' | 'ordered'

/** What the plan can ask for. */
export type Action =
  /** Estimate gas: will the contract accept the answer, and what does it cost? */
  | { readonly kind: 'prepare'; readonly seq: number }
  /** Sign for these nonces and store the slots, in this order. */
  | { readonly kind: 'commit'; readonly seqs: readonly number[]; readonly nonces: readonly number[] }
  | { readonly kind: 'broadcast'; readonly nonce: number }
  /** Ask the contract again about the answer of a slot that is stuck. */
  | { readonly kind: 'review'; readonly nonce: number }
  /** Sign a dearer transaction of the same kind for the nonce, and store it before it is sent. */
  | { readonly kind: 'escalate'; readonly nonce: number }
  /** Sign a transfer to ourselves for the nonce, and store it before it is sent. */
  | { readonly kind: 'burn'; readonly nonce: number; readonly reason: BurnReason }
  /** Consume nonces that nobody owns by transfers to ourselves. */
  | { readonly kind: 'fill-gap'; readonly nonces: readonly number[]; readonly reason: BurnReason }
  | { readonly kind: 'find-receipts'; readonly nonces: readonly number[] }
  | { readonly kind: 'settle'; readonly nonce: number }
  /** Store how far everything is settled, and forget the slots whose newest revision is below a limit. */
  | { readonly kind: 'checkpoint'; readonly seq: number; readonly purgeBelow: number | undefined }
