import { parseJsonWithin } from '@kms-connector/protocol'
import { cleanEnv, makeValidator } from 'envalid'
import { Mismatch } from './kind.ts'
import { nearestName } from './nearestName.ts'
import type { Leaf } from './schema.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What the environment sets, by name of the variable. */
export interface EnvironmentReading {
  readonly values: ReadonlyMap<string, unknown>
  readonly problems: ReadonlyMap<string, string>
}

/** Lets envalid check every variable that is set; problems are collected, nothing is printed and nothing exits. */
export function readEnvironment(leaves: readonly Leaf[], env: Environment): EnvironmentReading {
  const validators: Record<string, ReturnType<ReturnType<typeof makeValidator<unknown>>>> = {}
  const given: Record<string, string> = {}
  for (const { node, variable } of leaves) {
    const value = env[variable]
    if (value === undefined) continue
    const validator = makeValidator<unknown>(node.node === 'list' ? parseJsonArray : node.kind.fromText)
    validators[variable] = validator({ desc: node.describe })
    given[variable] = value
  }
  const problems = new Map<string, string>()
  const cleaned: Readonly<Record<string, unknown>> = cleanEnv(given, validators, {
    reporter: ({ errors }) => {
      for (const [name, fault] of Object.entries(errors)) if (fault) problems.set(name, problemOf(fault))
    },
  })
  const names = Object.keys(given).filter(name => !problems.has(name))
  return { values: new Map(names.map(name => [name, cleaned[name]])), problems }
}

function problemOf(fault: Error): string {
  // Anything else than a Mismatch is a fault of a parser; its message might repeat the value.
  return fault instanceof Mismatch ? fault.message : 'cannot be read'
}

/** A list of tables in one variable. The items are checked later, one by one, like those of the file. */
function parseJsonArray(text: string): readonly unknown[] {
  let value: unknown
  try {
    value = parseJsonWithin(text)
  } catch {
    // The message of JSON.parse quotes the text, which may hold access keys.
    throw new Mismatch('is not JSON')
  }
  if (!Array.isArray(value)) throw new Mismatch('is JSON but not an array')
  return value
}

/**
 * Variables that Kubernetes sets in every pod for every Service of the namespace. With a Service named
 * `kms-connector-...` they carry our prefix although nobody set them for us.
 */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_LINK_VALUE.test(value))
}

/**
 * Variables with our prefix that no process of ours knows.
 *
 * @param known names of this process and of its siblings, which share the prefix
 * @returns name of the variable and the nearest known name
 */
export function unknownVariables(
  env: Environment,
  prefix: string,
  known: readonly string[],
): readonly { readonly name: string; readonly nearest: string | undefined }[] {
  const names = new Set(known)
  return Object.keys(env)
    .filter(name => name.startsWith(prefix) && !names.has(name) && !isServiceLink(name, env[name] ?? ''))
    .map(name => ({ name, nearest: nearestName(name, names) }))
}
