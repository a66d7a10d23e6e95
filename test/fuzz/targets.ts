import { CHAIN_TARGETS } from './chainTargets.ts'
import { MESSAGE_TARGETS } from './messageTargets.ts'
import { OUTSIDE_TARGETS } from './outsideTargets.ts'
import type { FuzzTarget } from './target.ts'

/** Every decoder of the connector. */
export const TARGETS: readonly FuzzTarget[] = [...CHAIN_TARGETS, ...MESSAGE_TARGETS, ...OUTSIDE_TARGETS]
