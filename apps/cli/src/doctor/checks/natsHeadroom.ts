import { DEAD_LETTERS, RESPONSES, requestStream } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { sizeText } from '../../sizes.ts'
import { type Check, fail, ok, together, warn } from '../check.ts'

const WARN_AT = 0.7
const FAIL_AT = 0.95

export const natsHeadroom: Check = {
  id: 'nats.headroom',
  group: 'nats',
  why: 'a full stream refuses messages: the listener or the workers stand still until there is room',
  async run(context) {
    const { manager } = await context.broker()
    const names = [...TABLE.all.map(requestStream), RESPONSES, DEAD_LETTERS]
    const findings = await Promise.all(
      names.map(async name => {
        const { state, config } = await manager.streams.info(name)
        const part = state.bytes / config.max_bytes
        const detail = `${sizeText(state.bytes)} of ${sizeText(config.max_bytes)} used`
        const fix = 'raise its bytes or shorten its age in the settings (streams.*), and restart one service'
        const finding = part >= FAIL_AT ? fail(detail, fix) : part >= WARN_AT ? warn(detail, fix) : ok(detail)
        return [name, finding, part] as const
      }),
    )
    const [fullest] = findings.toSorted((a, b) => b[2] - a[2])
    if (fullest?.[1].status === 'ok') return ok(`the fullest stream is ${fullest[0]}, ${fullest[1].detail}`)
    return together(findings.map(([name, finding]) => [name, finding] as const))
  },
}
