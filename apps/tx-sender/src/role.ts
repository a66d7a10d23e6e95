import type { Lease } from './lease.ts'
import type { Sender } from './sender.ts'

/** What this process does at the moment: wait for the lease, or send. */
export class Role {
  readonly #lease: Lease
  /** The sender of the present term; undefined on standby. */
  sender: Sender | undefined

  constructor(lease: Lease) {
    this.#lease = lease
  }

  /** For `/status`. */
  report() {
    const { sender } = this
    if (!sender) return { state: 'standby', held_by: this.#lease.holder ?? null } as const
    const slots = [...sender.state.slots.values()]
    return {
      state: 'active',
      checkpoint: sender.state.checkpoint,
      inbox: sender.state.inbox.size,
      slots: slots.map(({ state, record }) => ({ nonce: record.nonce, id: record.id ?? null, state })),
      parked: sender.parkedFor ?? null,
    } as const
  }
}
