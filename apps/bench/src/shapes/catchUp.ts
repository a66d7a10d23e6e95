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
    const { world, quick, say, requests } = context
    const count = requests ?? (quick ? QUICK_WAITING : WAITING)
    say(`placing ${count} public decryptions`)
    const placed = await world.place('public', count, CIPHERTEXT_BYTES)
    const run = await answerByProduct(context, 'catch-up', placed)
    const figures = {
      ...sustainedFigures([run]),
      wholeSeconds: run.seconds,
      wholePerSecond: run.requests / run.seconds,
    }
    return { name: 'catch-up', runs: [run], figures, faults: run.faults }
  },
}
