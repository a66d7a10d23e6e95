import { OUTCOMES, parseSubject, RESPONSES } from '@kms-connector/streams'
import { readStream } from '../measure/readStream.ts'
import type { Part, RunFigures } from '../measure/runFigures.ts'
import { fillKnownIds, type Template, type Templates } from '../world/knownIds.ts'
import { type Product, productStreams } from '../world/product.ts'
import { answerByProduct } from './answerWave.ts'
import type { Shape } from './shape.ts'

const CIPHERTEXT_BYTES = 5_000
const KNOWN = 1_000_000
const QUICK_KNOWN = 100_000
const WAITING = 12_000
const QUICK_WAITING = 2_000
const PARTS: readonly Part[] = ['listener', 'worker', 'sender']

/** The streams hold a long past: it must cost neither rate nor memory nor a slow start. */
export const knownIds: Shape = {
  name: 'known-ids',
  what: 'the rate with a million answered requests in the streams, and without',
  async run(context) {
    const { world, quick, say, signal } = context
    const [known, count] = quick ? [QUICK_KNOWN, QUICK_WAITING] : [KNOWN, WAITING]
    const placed = await world.place('public', context.requests ?? count, CIPHERTEXT_BYTES, known)
    const figures: Record<string, number> = { known }
    const runs: RunFigures[] = []
    let templates: Templates | undefined
    say('without known ids')
    runs.push({
      ...(await answerByProduct(context, 'known-none', placed, {}, async product => {
        templates = await templatesOf(product)
        noteStart(figures, 'none', product)
      })),
      setting: 'none known',
    })
    for (const dir of quick ? ['known-1'] : ['known-1', 'known-2']) {
      signal.throwIfAborted()
      await world.rewind()
      say(`filling the streams with ${known} known ids`)
      const prepare = (broker: Product['broker']) => {
        if (!templates) throw new RangeError('there is no message to copy')
        return fillKnownIds(broker, known, templates)
      }
      const run = await answerByProduct(context, dir, placed, { prepare }, async product =>
        noteStart(figures, 'known', product),
      )
      runs.push({ ...run, setting: `${known} known` })
    }
    if (!quick) {
      await world.rewind()
      runs.push({ ...(await answerByProduct(context, 'known-none-2', placed)), setting: 'none known' })
    }
    Object.assign(figures, ratesOf(runs))
    return { name: 'known-ids', runs, figures, faults: runs.flatMap(({ faults }) => faults) }
  },
}

/** Means, because each setting runs once or twice. */
function ratesOf(runs: readonly RunFigures[]): Record<string, number> {
  const rate = (none: boolean) => {
    const rates = runs.filter(({ setting }) => (setting === 'none known') === none).map(run => run.perSecond)
    return rates.reduce((sum, value) => sum + value, 0) / rates.length
  }
  return { 'none.perSecond': rate(true), 'known.perSecond': rate(false), ratio: rate(false) / rate(true) }
}

function noteStart(figures: Record<string, number>, setting: string, { startUpMs }: Product): void {
  for (const part of PARTS) figures[`${setting}.${part}.startUpMs`] = startUpMs.get(part) ?? Number.NaN
}

/** @returns a message of each stream, as the connector wrote it */
async function templatesOf({ broker }: Product): Promise<Templates> {
  const last = async (stream: string): Promise<Template> => {
    const { [stream]: held } = await broker.stored([stream])
    const [message] = await readStream(broker.connection, stream, { fromSeq: held ?? 1 })
    const id = message && parseSubject(message.subject)?.id
    if (!message || !id) throw new RangeError(`${stream} holds no message to copy`)
    return { id, body: message.body }
  }
  const request = await last(productStreams('public').published)
  return { request, response: await last(RESPONSES), outcome: await last(OUTCOMES) }
}
