import { median } from '../measure/median.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import { sustainedFigures } from '../measure/sustainedFigures.ts'
import { answerByProduct } from './answerWave.ts'
import type { Shape } from './shape.ts'

const CIPHERTEXT_BYTES = 5_000
const WAITING = 20_000
const QUICK_WAITING = 3_000

/** The listener was down while requests came: all of them wait on the chain. */
export const catchUp: Shape = {
  name: 'catch-up',
  what: 'requests that came while the listener was down',
  async run(context) {
    const { world, quick, say, signal, requests } = context
    const count = requests ?? (quick ? QUICK_WAITING : WAITING)
    say(`placing ${count} public decryptions`)
    const placed = await world.place('public', count, CIPHERTEXT_BYTES)
    const runs: RunFigures[] = []
    // As often as the sustained load that it is compared with.
    for (const dir of quick ? ['catch-up'] : ['catch-up-1', 'catch-up-2']) {
      signal.throwIfAborted()
      if (runs.length > 0) await world.rewind()
      runs.push(await answerByProduct(context, dir, placed))
    }
    const wholeSeconds = median(runs.map(({ seconds }) => seconds))
    const figures = { ...sustainedFigures(runs), wholeSeconds, wholePerSecond: count / wholeSeconds }
    return { name: 'catch-up', runs, figures, faults: runs.flatMap(({ faults }) => faults) }
  },
}
