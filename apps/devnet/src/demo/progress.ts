import type { ServiceProcess } from '../process/serviceProcess.ts'
import { type KeyOperation, REQUEST_KINDS, type RequestKind } from '../workload/index.ts'

/** How many of the requests of one kind are how far. */
export interface KindCount {
  total: number
  onChain: number
}

/** What the demo has done so far; displays read it whenever they like. */
export class Progress {
  readonly startedAt = performance.now()
  readonly total: number
  readonly byKind: Readonly<Record<RequestKind, KindCount>>
  /** Nodes of the network. */
  nodes = 1
  processes: readonly Pick<ServiceProcess, 'name' | 'pid' | 'state'>[] = []
  step = ''
  requested = 0
  /** How many nodes have answered each operation of key management; empty when none is asked for. */
  readonly keySteps: Partial<Record<KeyOperation, number>> = {}
  /** Messages on the streams of the first node. */
  published = 0
  answered = 0
  /** Answers on the stream that belong to none of the requests. */
  answeredBefore = 0
  onChain = 0
  mismatches = 0
  /** When the first request was on chain, on the clock of performance.now(). */
  firstRequestAt: number | undefined
  /** The latest events, oldest first. */
  readonly notes: string[] = []

  constructor(kinds: readonly RequestKind[]) {
    this.total = kinds.length
    const count = (kind: RequestKind) => ({ total: kinds.filter(k => k === kind).length, onChain: 0 })
    const [a, b, c] = REQUEST_KINDS.map(count) as [KindCount, KindCount, KindCount] // CAST: there are three kinds
    this.byKind = { public: a, user: b, delegated: c }
  }

  /** Remembers an event for the display. */
  note(text: string): void {
    this.notes.push(text)
    if (this.notes.length > 6) this.notes.shift()
  }

  get seconds(): number {
    return (performance.now() - this.startedAt) / 1000
  }

  /** Answers on chain per second since the first request. */
  get rate(): number {
    if (this.firstRequestAt === undefined) return 0
    const seconds = (performance.now() - this.firstRequestAt) / 1000
    return seconds > 0 ? this.onChain / seconds : 0
  }
}
