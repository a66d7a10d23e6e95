import type { Operation } from '../operation.ts'
import { crsgen } from './crsgen.ts'
import { keygen } from './keygen.ts'
import { keyReshare } from './keyReshare.ts'
import { prepKeygen } from './prepKeygen.ts'
import { prssInit } from './prssInit.ts'
import { publicDecryption } from './publicDecryption.ts'
import { userDecryption } from './userDecryption.ts'

/** The operations of protocol v0.11 (Gateway contracts v0.10.0 to v0.11.4, KMS Core v0.13.0 wire). */
export const OPERATIONS_V0_11: readonly Operation[] = [
  publicDecryption,
  userDecryption,
  prepKeygen,
  keygen,
  crsgen,
  prssInit,
  keyReshare,
]
