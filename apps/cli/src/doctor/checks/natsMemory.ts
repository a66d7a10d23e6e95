import { OUTCOMES, RESPONSES, requestStream } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { sizeText } from '../../sizes.ts'
import { type Check, ok, warn } from '../check.ts'

/** Measured on nats-server 2.9.10: what the server holds in memory for the subject of a kept message. */
const BYTES_A_MESSAGE = 300
const MUCH = 4 * 1024 ** 3
/** A rate over less than this, milliseconds, says little about days. */
const SHORTEST_MS = 60_000

export const natsMemory: Check = {
  id: 'nats.memory',
  group: 'nats',
  why: 'every kept message costs the server about 300 bytes of memory; a server without memory is killed',
  async run(context) {
    const { manager } = await context.broker()
    const names = [...TABLE.all.map(requestStream), RESPONSES, OUTCOMES]
    const infos = await Promise.all(names.map(name => manager.streams.info(name)))
    let kept = 0
    let rate = 0
    for (const { state, config } of infos) {
      const measured = Math.max(SHORTEST_MS, Date.parse(state.last_ts) - Date.parse(state.first_ts))
      const ageMs = config.max_age / 1e6
      const perMs = state.messages > 1 ? state.messages / measured : 0
      if (config.name === RESPONSES) rate = perMs * 1000
      kept += Math.max(state.messages, ageMs > 0 ? perMs * ageMs : state.messages)
    }
    const bytes = Math.round(kept * BYTES_A_MESSAGE)
    const detail = `at ${rate.toFixed(2)} answers/s the streams keep ${Math.round(kept)} messages: about ${sizeText(bytes)} of server memory`
    if (bytes < MUCH) return ok(detail)
    return warn(detail, 'shorten streams.outcome_age first, then streams.decryption_age and streams.response_age')
  },
}
