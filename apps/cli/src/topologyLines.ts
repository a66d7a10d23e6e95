import type { Drift } from '@kms-connector/streams'

/** One field that differs, for people. */
export function driftLine({ name, field, expected, found }: Drift): string {
  return `${name}: ${field} is ${found}, the settings say ${expected}`
}
