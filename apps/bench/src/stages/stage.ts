import type { StageSetup } from './stageSetup.ts'

/** One way to do what a stage does. */
export interface Side {
  /** Operations under way at once. */
  readonly lanes: number
  /** Does some operations. @returns how many; 0 when there is nothing left to do */
  step(): Promise<number>
}

/** A step of the pipeline that is measured alone: the code of the connector, and the least code for the same result. */
export interface Stage {
  readonly name: string
  /** Size of the ciphertexts, where they matter. */
  readonly ciphertextBytes?: number
  /** Signs with AWS KMS. */
  readonly awsKms?: true
  readonly sides: Readonly<Record<SideName, (setup: StageSetup) => Promise<Side>>>
}

export type SideName = 'bound' | 'achieved'

export const SIDE_NAMES: readonly SideName[] = ['bound', 'achieved']
