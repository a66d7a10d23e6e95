import type { RpcAction, RpcCall } from './rpcAction.ts'
import type { Random } from './seededRandom.ts'

/** Decides about one call; undefined leaves it to the next rule. */
export type RpcHook = (call: RpcCall) => RpcAction | undefined | Promise<RpcAction | undefined>

export interface RpcRule {
  /** Methods that it is about; all when left out. */
  readonly method?: string | readonly string[] | RegExp
  /** How often it applies before it is gone; for ever when left out. */
  readonly times?: number
  /** Share of the calls that it applies to, 0 to 1; 1 when left out. */
  readonly chance?: number
  readonly action: RpcAction | RpcHook
}

export interface ActiveRule {
  /** How often it applied. */
  readonly hits: number
  /** Settles with the first call that it applied to. */
  readonly applied: Promise<RpcCall>
  remove(): void
}

interface Entry {
  readonly rule: RpcRule
  readonly tell: (call: RpcCall) => void
  hits: number
}

/** The rules of one proxy. They are asked in the order in which they were added; the first that decides wins, delays add up. */
export class RpcRules {
  readonly #random: Random
  #entries: Entry[] = []

  constructor(random: Random) {
    this.#random = random
  }

  add(rule: RpcRule): ActiveRule {
    const { promise, resolve } = Promise.withResolvers<RpcCall>()
    const entry: Entry = { rule, tell: resolve, hits: 0 }
    this.#entries.push(entry)
    return {
      get hits() {
        return entry.hits
      },
      applied: promise,
      remove: () => {
        this.#entries = this.#entries.filter(other => other !== entry)
      },
    }
  }

  /** The node behaves again. */
  clear(): void {
    this.#entries = []
  }

  /** @returns delays first, then at most one other action; empty: whatever the node says */
  async decide(call: RpcCall): Promise<RpcAction[]> {
    const actions: RpcAction[] = []
    for (const entry of [...this.#entries]) {
      const { rule } = entry
      if (!concerns(rule, call.method) || (rule.chance !== undefined && this.#random() >= rule.chance)) continue
      if (entry.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) continue
      const action = typeof rule.action === 'function' ? await rule.action(call) : rule.action
      if (!action) continue
      entry.hits++
      entry.tell(call)
      actions.push(action)
      if (action.kind !== 'delay') break
    }
    return actions
  }
}

function concerns({ method }: RpcRule, called: string): boolean {
  if (method === undefined) return true
  if (method instanceof RegExp) return method.test(called)
  return typeof method === 'string' ? method === called : method.includes(called)
}
