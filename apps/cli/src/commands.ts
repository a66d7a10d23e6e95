import type { Command } from './command.ts'

interface CommandEntry {
  /** One word, or two for a family of commands: `dlq ls`. */
  readonly name: string
  /** One line for the list. */
  readonly summary: string
  /** Loads only this command. */
  readonly load: () => Promise<Command>
}

/** The operator commands that the front door knows, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'doctor',
    summary: 'looks at everything that has to be right, and says what to do',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'status',
    summary: 'the four numbers that matter, and what would page you next',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'top',
    summary: 'a live dashboard of this node',
    load: async () => (await import('./commands/top.ts')).top,
  },
  {
    name: 'bundle',
    summary: 'writes a support archive without secrets',
    load: async () => (await import('./commands/bundle.ts')).bundle,
  },
  {
    name: 'why',
    summary: 'tells why a request is not answered, and what to do',
    load: async () => (await import('./commands/why.ts')).why,
  },
  {
    name: 'trace',
    summary: 'shows the whole way of a request in one timeline',
    load: async () => (await import('./commands/trace.ts')).trace,
  },
  {
    name: 'dlq ls',
    summary: 'lists dead letters by fault',
    load: async () => (await import('./commands/dlqLs.ts')).dlqLs,
  },
  {
    name: 'nonce show',
    summary: 'shows the nonces of the wallet, and what holds them',
    load: async () => (await import('./commands/nonceShow.ts')).nonceShow,
  },
  {
    name: 'nonce burn',
    summary: 'has the sender consume a nonce by an empty transaction',
    load: async () => (await import('./commands/nonceBurn.ts')).nonceBurn,
  },
  {
    name: 'nonce adopt',
    summary: 'has the sender leave nonces to transactions that are not its own',
    load: async () => (await import('./commands/nonceAdopt.ts')).nonceAdopt,
  },
  {
    name: 'streams repair',
    summary: 'makes the broker whole again after a loss',
    load: async () => (await import('./commands/streamsRepair.ts')).streamsRepair,
  },
  {
    name: 'topology apply',
    summary: 'creates and updates streams, consumers and buckets on NATS',
    load: async () => (await import('./commands/topologyApply.ts')).topologyApply,
  },
  {
    name: 'topology check',
    summary: 'compares them with the settings',
    load: async () => (await import('./commands/topologyCheck.ts')).topologyCheck,
  },
  {
    name: 'dlq show',
    summary: 'prints a dead letter whole',
    load: async () => (await import('./commands/dlqShow.ts')).dlqShow,
  },
  {
    name: 'dlq replay',
    summary: 'gives what died another chance, then removes its letter',
    load: async () => (await import('./commands/dlqReplay.ts')).dlqReplay,
  },
  {
    name: 'dlq drop',
    summary: 'removes dead letters for good, with a reason',
    load: async () => (await import('./commands/dlqDrop.ts')).dlqDrop,
  },
  {
    name: 'reconcile',
    summary: 'finds requests of which nothing came, and runs them again',
    load: async () => (await import('./commands/reconcile.ts')).reconcile,
  },
  {
    name: 'backfill',
    summary: 'reads blocks once more and publishes what the streams lack',
    load: async () => (await import('./commands/backfill.ts')).backfillCommand,
  },
  {
    name: 'replay',
    summary: 'has one request computed again',
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  {
    name: 'nats auth',
    summary: 'writes accounts and keys for nats-server, one identity for each service',
    load: async () => (await import('./commands/natsAuth.ts')).natsAuth,
  },
]

/**
 * Finds the command that arguments begin with; two words come before one.
 * @returns the arguments behind its name, or undefined when they name none
 */
export function findCommand(
  argv: readonly string[],
): { readonly entry: CommandEntry; readonly rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const entry = COMMANDS.find(({ name }) => name === argv.slice(0, words).join(' '))
    if (entry) return { entry, rest: argv.slice(words) }
  }
  return undefined
}

/** The commands of a family such as `dlq`. */
export function familyOf(word: string): readonly CommandEntry[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${word} `))
}
