import { median } from '../measure/median.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import { sustainedFigures } from '../measure/sustainedFigures.ts'
import { answerByProduct } from './answerWave.ts'
import type { Shape } from './shape.ts'

const CIPHERTEXT_BYTES = 5_000
const WAITING = 20_000
const QUICK_WAITING = 3_000
const CATCHING_UP = 'on the chain'
const PUBLISHED = 'on the stream'
const SETTINGS = [CATCHING_UP, PUBLISHED, PUBLISHED, CATCHING_UP]

/**
 * The listener was down while requests came: all of them wait on the chain. The same requests are also answered when they are on
 * their stream already and the listener has nothing to read: what a sustained load can be at most.
 */
export const catchUp: Shape = {
  name: 'catch-up',
  what: 'requests that came while the listener was down, and the same when they are on their stream already',
  async run(context) {
    const { world, quick, say, signal, requests } = context
    const count = requests ?? (quick ? QUICK_WAITING : WAITING)
    say(`placing ${count} public decryptions`)
    const placed = await world.place('public', count, CIPHERTEXT_BYTES)
    const runs: RunFigures[] = []
    for (const setting of quick ? SETTINGS.slice(0, 2) : SETTINGS) {
      signal.throwIfAborted()
      if (runs.length > 0) await world.rewind()
      const publishedBefore = setting === PUBLISHED ? count : undefined
      const run = await answerByProduct(context, `catch-up-${runs.length + 1}`, placed, { publishedBefore })
      runs.push({ ...run, setting })
    }
    return { name: 'catch-up', runs, figures: figuresOf(runs, count), faults: runs.flatMap(({ faults }) => faults) }
  },
}

function figuresOf(runs: readonly RunFigures[], count: number): Record<string, number> {
  const of = (setting: string) => runs.filter(run => run.setting === setting)
  const published = median(of(PUBLISHED).map(({ perSecond }) => perSecond))
  const wholeSeconds = median(of(CATCHING_UP).map(({ seconds }) => seconds))
  const figures = sustainedFigures(of(CATCHING_UP))
  return {
    ...figures,
    'published.perSecond': published,
    'published.ratio': (figures['product.perSecond'] ?? Number.NaN) / published,
    wholeSeconds,
    wholePerSecond: count / wholeSeconds,
  }
}
