import { burst } from './burst.ts'
import { catchUp } from './catchUp.ts'
import { idle } from './idle.ts'
import { inFlight } from './inFlight.ts'
import { knownIds } from './knownIds.ts'
import { rpcCounts } from './rpcCounts.ts'
import type { Shape } from './shape.ts'
import { soak } from './soak.ts'
import { stageLoops } from './stageLoops.ts'
import { sustained } from './sustained.ts'

const MB = 1_000_000

/** One row a shape. */
const SHAPES: readonly Shape[] = [
  idle,
  ...[1, 10, 50, 100, 200, 500, 1_000].map(burst),
  sustained({ name: 'sustained-public-5k', kind: 'public', ciphertextBytes: 5_000, expectedPerSecond: 600 }),
  catchUp,
  sustained({ name: 'sustained-public-50k', kind: 'public', ciphertextBytes: 50_000, expectedPerSecond: 450 }),
  sustained({ name: 'sustained-public-1m', kind: 'public', ciphertextBytes: MB, expectedPerSecond: 50 }),
  sustained({ name: 'sustained-user-5k', kind: 'user', ciphertextBytes: 5_000, expectedPerSecond: 400 }),
  sustained({ name: 'sustained-aws', kind: 'public', ciphertextBytes: 5_000, awsKms: true, expectedPerSecond: 400 }),
  knownIds,
  inFlight,
  rpcCounts,
  stageLoops,
  soak,
]

/** @throws RangeError for a name without a row */
export function shapeNamed(name: string): Shape {
  const shape = SHAPES.find(one => one.name === name)
  if (!shape) throw new RangeError(`there is no shape ${name}`)
  return shape
}

export function allShapes(): readonly Shape[] {
  return SHAPES
}
