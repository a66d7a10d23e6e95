/** The load shapes in the order in which they run. */
export const SHAPE_NAMES = [
  'idle',
  'burst-1',
  'burst-10',
  'burst-50',
  'burst-100',
  'burst-200',
  'burst-500',
  'burst-1000',
  'sustained-public-5k',
  'catch-up',
  'sustained-public-50k',
  'sustained-public-1m',
  'sustained-user-5k',
  'sustained-aws',
  'known-ids',
  'in-flight-1m',
  'rpc-counts',
  'stages',
  'soak',
] as const

export type ShapeName = (typeof SHAPE_NAMES)[number]
