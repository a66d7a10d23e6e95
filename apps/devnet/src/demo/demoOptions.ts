import { parseArgs } from 'node:util'

export interface DemoOptions {
  /** Key management first, then a public and a user decryption under the key that it made. */
  readonly keys: boolean
  /** Decryptions beyond those. */
  readonly requests: number
  readonly workers: number
  readonly nodes: number
  /** TLS, client certificates and permissions for each service. */
  readonly secure: boolean
  readonly keep: boolean
  readonly plain: boolean
}

/** What the command line asks for; `unusable` carries the reason. */
export type DemoCommand =
  | { readonly verb: 'run'; readonly options: DemoOptions }
  | { readonly verb: 'help' }
  | { readonly verb: 'unusable'; readonly problem: string }

export const USAGE = `Runs the whole pipeline on this machine and checks every answer.

Usage: npm run demo -- [OPTIONS]

Options:
  --requests N   decryptions to request, 1 to 20000 (default 24: each of 8 types for public, user, delegated user)
  --workers N    kms-workers of each connector, 1 to 16 (default 2; 1 with --keys)
  --cores N      nodes of the KMS network, each with a KMS Core and a connector of its own: 1, or 4 to 20 (default 1)
                 with --keys 4 to 20 (default 4)
  --keys         prep-keygen, keygen, crsgen, prss-init and reshare first, on a network that has no key yet; then a public
                 and a user decryption under the new key, then as many --requests as are asked for (default 0)
  --secure       NATS and KMS Core with TLS and client certificates, and a key for each service at NATS that may do what it
                 must and nothing else
  --keep         leave everything running until Ctrl-C, and print how to look around
  --plain        plain lines, also in a terminal
  -h, --help     print this

Exit codes: 0 every request was answered exactly once, every plaintext matches and the nodes agree on every key; 1 anything else; 130 stopped by Ctrl-C.
`

const OPTIONS = {
  requests: { type: 'string' },
  workers: { type: 'string' },
  cores: { type: 'string' },
  keys: { type: 'boolean' },
  secure: { type: 'boolean' },
  keep: { type: 'boolean' },
  plain: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the arguments of the demo. Pure and total. */
export function parseDemoCommand(argv: readonly string[]): DemoCommand {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS })
    if (values.help) return { verb: 'help' }
    const { keys = false, secure = false, keep = false, plain = false } = values
    const requests = wholeNumber('requests', values.requests, keys ? 0 : 24, 1, 20_000)
    const workers = wholeNumber('workers', values.workers, keys ? 1 : 2, 1, 16)
    const nodes = wholeNumber('cores', values.cores, keys ? 4 : 1, 1, 20)
    if (nodes === 2 || nodes === 3) throw new RangeError('--cores must be 1, or 4 to 20')
    if (keys && nodes === 1) throw new RangeError('--keys needs a network: --cores must be 4 to 20')
    return { verb: 'run', options: { keys, requests, workers, nodes, secure, keep, plain } }
  } catch (fault) {
    return { verb: 'unusable', problem: fault instanceof Error ? fault.message : String(fault) }
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new RangeError(`--${name} must be a whole number from ${min} to ${max}`)
  return value
}
