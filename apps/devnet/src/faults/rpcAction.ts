/** One JSON-RPC call as it came. */
export interface RpcCall {
  readonly id: unknown
  readonly method: string
  readonly params: readonly unknown[]
}

/** What a node says to one call: a result, or an error. */
export interface RpcAnswer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** Asks the node, with the call as it came or another one in its place. */
export type AskNode = (instead?: Pick<RpcCall, 'method' | 'params'>) => Promise<RpcAnswer>

/** What becomes of one call. Where it is one of a batch, the first group decides about the whole batch. */
export type RpcAction =
  | ExchangeAction
  /** Late by this much; other rules still apply. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The node gets it once more, this many times (1 when left out); the first answer counts. */
  | { readonly kind: 'duplicate'; readonly times?: number }
  /** Answered with an error, and the node never hears of it. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly data?: unknown }
  /** Answered with a result, and the node never hears of it. */
  | { readonly kind: 'result'; readonly result: unknown }
  /** Changes the result of the node; errors stay. */
  | { readonly kind: 'edit'; readonly edit: (result: unknown, call: RpcCall) => unknown }
  /** Anything else: asks the node when and as often as it wants, and answers what it wants. */
  | { readonly kind: 'script'; readonly answer: (ask: AskNode, call: RpcCall) => Promise<RpcAnswer> | RpcAnswer }
  /** The node is asked, but the answer to this call is missing from the batch; alone, the batch is empty. */
  | { readonly kind: 'omit' }
  /** The answers of the batch come in the opposite order. */
  | { readonly kind: 'reorder' }

/** Actions that decide about a whole HTTP exchange. */
export type ExchangeAction =
  /** The connection breaks, and the node never hears of it. */
  | { readonly kind: 'drop-request' }
  /** The node acts on it; then the connection breaks. */
  | { readonly kind: 'drop-reply' }
  /** Never answered, and the node never hears of it; the connection stays open. */
  | { readonly kind: 'silence' }
  /** HTTP without JSON-RPC, such as 429 or 502 of a balancer; the node never hears of it. */
  | { readonly kind: 'http'; readonly status: number; readonly body?: string; readonly retryAfterSeconds?: number }
  /** Status 200 and a body that is no JSON; the node acts on it. */
  | { readonly kind: 'garbage'; readonly body?: string }
  /** The node acts on it; half of the answer arrives, then the connection breaks. */
  | { readonly kind: 'cut-reply' }

export function isExchangeAction(action: RpcAction): action is ExchangeAction {
  return ['drop-request', 'drop-reply', 'silence', 'http', 'garbage', 'cut-reply'].includes(action.kind)
}
