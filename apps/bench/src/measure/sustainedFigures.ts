import { PIPELINES } from '../benchOptions.ts'
import { median } from './median.ts'
import { type RunFigures, STAGE_PROCESS } from './runFigures.ts'

/**
 * Puts the runs of a saturating shape together: medians of each pipeline, and the product over the bare pipeline. Pure.
 * @returns `bare.`, `lean.` and `product.` `perSecond`, `<part>.perSecond`, `<part>.perCpuSecond` and `<part>.peakRssMb`; `ratio`,
 *   `<part>.ratio` (per CPU-second) and `lean.ratio` where both ran
 */
export function sustainedFigures(runs: readonly RunFigures[]): Record<string, number> {
  const figures: Record<string, number> = {}
  const put = (name: string, values: readonly (number | undefined)[]) => {
    const known = values.filter(value => value !== undefined)
    if (known.length > 0) figures[name] = median(known)
  }
  for (const pipeline of PIPELINES) {
    const own = runs.filter(run => run.pipeline === pipeline)
    put(
      `${pipeline}.perSecond`,
      own.map(run => run.perSecond),
    )
    for (const [, part] of STAGE_PROCESS) {
      const rates = own.map(run => run.stages[part])
      put(
        `${pipeline}.${part}.perSecond`,
        rates.map(rate => rate?.perSecond),
      )
      put(
        `${pipeline}.${part}.perCpuSecond`,
        rates.map(rate => rate?.perCpuSecond),
      )
      // The most that was seen, not the median: it is held against a ceiling.
      const peaks = own.flatMap(run => run.processes.filter(({ name }) => name === part)).map(one => one.peakRssMb)
      if (peaks.length > 0) figures[`${pipeline}.${part}.peakRssMb`] = Math.max(...peaks)
    }
  }
  for (const [ratio, pipeline, figure] of RATIOS) {
    const [bound, achieved] = [figures[`${pipeline}.${figure}`], figures[`product.${figure}`]]
    if (bound !== undefined && achieved !== undefined) figures[ratio] = achieved / bound
  }
  return figures
}

const RATIOS = [
  ['ratio', 'bare', 'perSecond'],
  ['lean.ratio', 'lean', 'perSecond'],
  ...STAGE_PROCESS.map(([, part]) => [`${part}.ratio`, 'bare', `${part}.perCpuSecond`] as const),
] as const
