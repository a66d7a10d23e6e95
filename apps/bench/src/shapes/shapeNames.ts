/** The load shapes in the order in which they run. */
export const SHAPE_NAMES = [
  'sustained-public-5k',
  'sustained-public-50k',
  'sustained-public-1m',
  'sustained-user-5k',
] as const

export type ShapeName = (typeof SHAPE_NAMES)[number]
