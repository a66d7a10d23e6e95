import type { ShapeReport } from '../shapes/shape.ts'

/** Achieved over bound of one thing that was measured both ways in the same run. */
export interface KeyRatio {
  /** `sustained-public-5k` for end to end, `decode logs` for a stage. */
  readonly name: string
  readonly kind: 'end to end' | 'stage'
  readonly ratio: number
}

const RATIO = /^(.+)\.ratio$/

/** Picks the ratios that are drawn, kept and compared. Pure. */
export function keyRatios(reports: readonly ShapeReport[]): KeyRatio[] {
  const endToEnd = reports
    .filter(({ figures }) => figures['bare.perSecond'] !== undefined && figures['ratio'] !== undefined)
    .map(({ name, figures }): KeyRatio => ({ name, kind: 'end to end', ratio: figures['ratio'] ?? Number.NaN }))
  const stages = reports
    .filter(({ name }) => name === 'stages')
    .flatMap(({ figures }) =>
      Object.entries(figures).flatMap(([figure, ratio]): KeyRatio[] => {
        const stage = RATIO.exec(figure)?.[1]
        return stage === undefined ? [] : [{ name: stage, kind: 'stage', ratio }]
      }),
    )
  return [...stages, ...endToEnd]
}
