/** One field of a stream or consumer that is not what the topology says. */
export interface Drift {
  /** `PUBLIC_DECRYPTION` or `PUBLIC_DECRYPTION/kms-worker`. */
  readonly name: string
  readonly field: string
  readonly expected: string
  readonly found: string
  /** The server cannot change this field of an existing stream or consumer. */
  readonly immutable: boolean
}

/** Fields that nats-server refuses to change on an existing stream; `deny_*` can be set but never taken back. */
const FIXED_OF_STREAMS = new Set(['retention', 'storage', 'max_consumers', 'deny_delete', 'deny_purge'])
/** Fields that nats-server refuses to change on an existing consumer. */
const FIXED_OF_CONSUMERS = new Set(['durable_name', 'ack_policy', 'deliver_policy', 'replay_policy', 'max_waiting'])

/** Compares every field that the plan sets; fields of the server that the plan does not mention are its own business. */
export function streamDrift(plan: { readonly name: string }, found: object): readonly Drift[] {
  return driftOf(plan.name, plan, found, FIXED_OF_STREAMS)
}

export function consumerDrift(
  stream: string,
  plan: { readonly durable_name: string },
  found: object,
): readonly Drift[] {
  return driftOf(`${stream}/${plan.durable_name}`, plan, found, FIXED_OF_CONSUMERS)
}

export function describeDrift(drift: Drift): string {
  return `${drift.name}: ${drift.field} is ${drift.found}, expected ${drift.expected}`
}

function driftOf(name: string, plan: object, found: object, fixed: ReadonlySet<string>): readonly Drift[] {
  const actual = new Map<string, unknown>(Object.entries(found))
  return Object.entries(plan).flatMap(([field, value]) => {
    const expected = canonical(value)
    const is = canonical(actual.get(field))
    return expected === is ? [] : [{ name, field, expected, found: is, immutable: fixed.has(field) }]
  })
}

/** Servers omit what is off, zero or empty, so these are the same as absent. */
function canonical(value: unknown): string {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return 'unset'
  return Array.isArray(value) ? JSON.stringify([...value].sort()) : JSON.stringify(value)
}
