import type { Hex } from '@kms-connector/protocol'
import fc from 'fast-check'

export const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }))
export const anyBytes = fc.uint8Array({ maxLength: 400 })
export const anyJson = fc.jsonValue({ maxDepth: 5 })

const edge = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  '',
  '0x',
  '0x0',
  `0x${'f'.repeat(64)}`,
  '__proto__',
  [],
  {},
  [[]],
  'x'.repeat(5_000),
)

/** A value that is almost right: one or a few places of it are replaced, removed or doubled. */
export function spoiled(valid: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('replace', 'remove', 'double'),
    by: fc.oneof(edge, anyJson),
  })
  return fc.array(change, { minLength: 1, maxLength: 3 }).map(changes => {
    const copy: { value: unknown } = { value: structuredClone(valid) }
    for (const { at, how, by } of changes) spoilOnce(copy, at, how, by)
    return copy.value
  })
}

type Container = Record<string, unknown> | unknown[]

function spoilOnce(root: Record<string, unknown>, at: number, how: string, by: unknown): void {
  const places: [Container, string][] = []
  const visit = (container: Container): void => {
    for (const [key, child] of Object.entries(container)) {
      places.push([container, key])
      if (typeof child === 'object' && child !== null && !ArrayBuffer.isView(child)) visit(child as Container) // CAST: neither null nor a primitive
    }
  }
  visit(root)
  const place = places[at % places.length]
  if (!place) return
  const [container, key] = place
  const values = container as Record<string, unknown> // CAST: arrays take their indices as keys too
  if (how === 'replace') values[key] = by
  else if (how === 'remove') delete values[key]
  else values[key] = [values[key], values[key]]
}

/** Bytes of JSON: spoiled, cut short, or with foreign bytes inside. */
export function spoiledBody(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const json: unknown = JSON.parse(Buffer.from(valid).toString())
  return fc.oneof(
    spoiled(json).map(value => Buffer.from(JSON.stringify(value) ?? '')),
    changedBytes(valid),
    anyJson.map(value => Buffer.from(JSON.stringify(value))),
    anyBytes,
  )
}

/** Bytes of which some are others, or the end is missing. */
export function changedBytes(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const patch = fc.tuple(fc.nat({ max: Math.max(0, valid.length - 1) }), fc.nat({ max: 255 }))
  return fc.tuple(fc.array(patch, { maxLength: 8 }), fc.nat({ max: valid.length })).map(([patches, cut]) => {
    const bytes = Uint8Array.from(valid)
    for (const [at, value] of patches) bytes[at] = value
    return patches.length === 0 ? bytes.subarray(0, cut) : bytes
  })
}

export const changedHex = (valid: Hex): fc.Arbitrary<Hex> =>
  changedBytes(Buffer.from(valid.slice(2), 'hex')).map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`)
