import { setTimeout as sleep } from 'node:timers/promises'
import { COPROCESSORS } from '../devnet/index.ts'
import { type Random, seededRandom } from '../faults/index.ts'
import { beginBucketFault, beginCoreFault, beginNetworkFault, beginNodeFault } from './beginFault.ts'
import { type ChaosWorld, WALLET } from './chaosWorld.ts'
import { NATS_LINKS, RPC_LINKS } from './links.ts'
import { send } from './mortal.ts'
import { reorganise } from './reorg.ts'
import type { ChaosEvent, Schedule } from './schedule.ts'
import type { ChaosWorkload } from './workload.ts'

/** What was really done to the world. */
export interface Injected {
  kills: number
  terminations: number
  freezes: number
  faults: number
  /** Calls and connections that faults hit. */
  hits: number
  reorgs: number
  /** Transactions of the wallet that reorganisations threw away. */
  transactionsLost: number
}

/** Plays a schedule; when it returns, every fault has ended and every process may run. */
export async function playSchedule(
  schedule: Schedule,
  world: ChaosWorld,
  workload: ChaosWorkload,
  signal: AbortSignal,
  onEvent: (event: ChaosEvent) => void,
): Promise<Injected> {
  const player = new Player(world, workload, seededRandom(schedule.seed))
  const start = performance.now()
  const until = (at: number) => sleep(Math.max(0, start + at - performance.now()), undefined, { signal })
  try {
    for (const event of schedule.events) {
      await until(event.at)
      onEvent(event)
      player.act(event)
    }
    await until(schedule.endsAt)
    await player.settled()
    return player.injected
  } finally {
    player.endAll()
  }
}

class Player {
  readonly injected: Injected = {
    kills: 0,
    terminations: 0,
    freezes: 0,
    faults: 0,
    hits: 0,
    reorgs: 0,
    transactionsLost: 0,
  }
  readonly #world: ChaosWorld
  readonly #workload: ChaosWorkload
  readonly #random: Random
  readonly #endings = new Set<() => void>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(world: ChaosWorld, workload: ChaosWorkload, random: Random) {
    this.#world = world
    this.#workload = workload
    this.#random = random
  }

  /** Starts an act; what takes a while goes on by itself. */
  act(event: ChaosEvent): void {
    switch (event.kind) {
      case 'place':
        this.#workload.place(event.count)
        return
      case 'fault':
        this.#for(event.forMs, this.#beginFault(event))
        this.injected.faults++
        return
      case 'freeze':
        this.#freeze(event)
        return
      case 'kill':
        this.#track(this.#kill(event))
        return
      case 'blackout':
        for (const victim of this.#world.mortals.keys()) this.#track(this.#kill({ victim, signal: 'SIGKILL' }))
        return
      case 'reorg':
        this.#track(this.#reorganise(event))
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
    await this.#workload.finished()
  }

  endAll(): void {
    for (const end of this.#endings) end()
  }

  async #kill({ victim, signal }: Pick<Extract<ChaosEvent, { kind: 'kill' }>, 'victim' | 'signal'>): Promise<void> {
    const got = await this.#world.mortals.get(victim)?.signal(signal)
    if (!got) return
    if (signal === 'SIGKILL') this.injected.kills++
    else this.injected.terminations++
  }

  #freeze({ victim, forMs }: Extract<ChaosEvent, { kind: 'freeze' }>): void {
    const pid = this.#world.mortals.get(victim)?.pid ?? 0
    if (!send(pid, 'SIGSTOP')) return
    this.injected.freezes++
    // The same process: one that was killed meanwhile has no successor with this pid.
    this.#for(forMs, () => send(pid, 'SIGCONT'))
  }

  async #reorganise(event: Extract<ChaosEvent, { kind: 'reorg' }>): Promise<void> {
    const { miner, chains } = this.#world
    const reorg = { ...event, rpcUrl: chains.gateway.rpcUrl, wallet: WALLET }
    this.injected.transactionsLost += await this.#workload.whileQuiet(() => reorganise(miner, reorg))
    this.injected.reorgs++
  }

  #beginFault({ link, fault, strength }: Extract<ChaosEvent, { kind: 'fault' }>): () => void {
    const { links, miner } = this.#world
    const how = { fault, strength, random: this.#random, onHit: () => this.injected.hits++ }
    const node = RPC_LINKS.find(name => name === link)
    if (node) return beginNodeFault(links.rpc[node], how)
    const network = NATS_LINKS.find(name => name === link)
    if (network) return beginNetworkFault(links.nats[network], how)
    if (link === 'core') return beginCoreFault(links.core, how)
    if (link === 's3') return beginBucketFault(links.s3, COPROCESSORS[0]?.bucket ?? '', how)
    return miner.pause()
  }

  #for(ms: number, undo: () => void): void {
    const end = () => {
      clearTimeout(timer)
      if (this.#endings.delete(end)) undo()
    }
    const timer = setTimeout(end, ms)
    this.#endings.add(end)
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch(fault => {
        this.#workload.faults.push(`an act failed: ${fault instanceof Error ? fault.message : String(fault)}`)
      })
      .finally(() => this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
  }
}
