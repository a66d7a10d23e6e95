import { cpus } from 'node:os'

/** Measures how busy the processors of this machine are, whoever uses them. */
export class Processors {
  #before = totals()

  /** @returns the part in use since the last call, 0 to 1 */
  busy(): number {
    const now = totals()
    const all = now.all - this.#before.all
    const idle = now.idle - this.#before.idle
    this.#before = now
    return all > 0 ? 1 - idle / all : 0
  }
}

function totals(): { readonly all: number; readonly idle: number } {
  let all = 0
  let idle = 0
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.irq + times.idle
    idle += times.idle
  }
  return { all, idle }
}
