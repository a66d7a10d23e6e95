import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsServer } from '../broker/index.ts'
import type { Mortal } from './mortal.ts'

const DOWN_MS = 300

/** A nats-server that comes back on the same port and the same files. */
export class MortalBroker implements Mortal {
  readonly name = 'nats-server'
  readonly faults: string[] = []
  restarts = 0
  readonly #server: NatsServer
  #turn: Promise<unknown> = Promise.resolve()

  constructor(server: NatsServer) {
    this.#server = server
  }

  get pid(): number {
    return this.#server.pid
  }

  signal(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    const mine = this.#turn.then(() => this.#restart(signal))
    this.#turn = mine
    return mine
  }

  async stop(): Promise<void> {
    await this.#turn
    await this.#server.stop()
  }

  async #restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    try {
      if (signal === 'SIGKILL') {
        await this.#server.kill()
        await sleep(DOWN_MS)
      }
      await this.#server.restart()
      this.restarts++
      return true
    } catch (fault) {
      this.faults.push(`nats-server did not come back: ${fault instanceof Error ? fault.message : String(fault)}`)
      return false
    }
  }
}
