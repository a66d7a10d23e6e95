import { ConnectorError } from '@kms-connector/protocol'
import { CURSOR_BUCKET } from './names.ts'
import { bucketStream } from './observe.ts'
import type { Topology } from './topology.ts'

/** What the broker holds of a topology, by name. */
export interface Survey {
  /** Highest sequence that every existing stream ever gave out; buckets are streams too. */
  readonly lastSeqs: ReadonlyMap<string, number>
  /** Existing consumers, as `PUBLIC_DECRYPTION/kms-worker`. */
  readonly consumers: ReadonlySet<string>
  /** Operations that a listener has a cursor for, whatever the chain; undefined when their bucket does not exist. */
  readonly cursorsOf: ReadonlySet<string> | undefined
}

/**
 * Tells what is missing although it must have been there. A broker that holds nothing was never used, and one whose streams
 * never held a message is being provisioned; an operation without a cursor came with an upgrade. Anything else that is
 * missing beside streams in use was deleted. Pure.
 * @returns names of streams and consumers, in the order of the topology
 */
export function lostParts(topology: Topology, survey: Survey): readonly string[] {
  const { lastSeqs, consumers, cursorsOf } = survey
  const inUse = topology.streams.some(({ name }) => (lastSeqs.get(name) ?? 0) > 0)
  if (!inUse) return []
  const isNew = (name: string) => {
    const operation = operationOf(topology, name)
    return operation !== undefined && cursorsOf !== undefined && !cursorsOf.has(operation)
  }
  const streams = topology.streams.map(({ name }) => name).filter(name => !lastSeqs.has(name) && !isNew(name))
  const orphans = topology.consumers
    .filter(({ stream }) => (lastSeqs.get(stream) ?? 0) > 0)
    .map(({ stream, config }) => `${stream}/${config.durable_name}`)
  return [...streams, ...orphans.filter(name => !consumers.has(name))]
}

/**
 * Everything that is missing, for whoever knows that it was there. Pure.
 * @returns names of streams and consumers, in the order of the topology
 */
export function missingParts(topology: Topology, { lastSeqs, consumers }: Survey): readonly string[] {
  const names = topology.consumers.map(({ stream, config }) => `${stream}/${config.durable_name}`)
  return [
    ...topology.streams.map(({ name }) => name).filter(name => !lastSeqs.has(name)),
    ...names.filter(name => !consumers.has(name)),
  ]
}

/** @returns name of the operation whose requests a stream holds; undefined for any other stream */
export function operationOf(topology: Topology, stream: string): string | undefined {
  const subjects = topology.streams.find(({ name }) => name === stream)?.subjects ?? []
  return subjects.map(subject => /^kms\.request\.([^.]+)\.>$/.exec(subject)?.[1]).find(name => name !== undefined)
}

/** The fault that ends a service: it must not go on as if nothing had been there. */
export function missingFault(lost: readonly string[]): ConnectorError {
  const names = lost.map(name => (name.startsWith('KV_') ? `bucket ${name.slice(3)}` : name)).join(', ')
  const cursors = lost.includes(bucketStream(CURSOR_BUCKET)) ? ' (with it, how far the chain was read)' : ''
  return new ConnectorError('STREAM_MISSING', `gone from the broker: ${names}${cursors}`, { lost: names })
}
