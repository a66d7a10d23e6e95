import { type Check, fail, ok, warn } from '../check.ts'

const WARN_MS = 2_000
const FAIL_MS = 30_000

export const pipelineClock: Check = {
  id: 'pipeline.clock',
  group: 'pipeline',
  why: 'ages, leases and dead letters are judged by clocks; AWS refuses signatures of a clock that is wrong',
  async run(context) {
    const servers = context.gateways.map(({ rpc }) => rpc)
    const before = Date.now()
    const info = await (await context.broker()).manager.streams.info('RESPONSES')
    const after = Date.now()
    // CAST: servers from 2.10 on tell their time with every answer
    const told = (info as { readonly ts?: string }).ts
    if (told === undefined)
      return ok(`this nats-server does not tell its time; ${servers.length} endpoints looked at by the head check`)
    const skew = Math.max(0, Date.parse(told) - after, before - Date.parse(told))
    const detail = `this machine and nats-server differ by ${(skew / 1000).toFixed(1)} s at least`
    const fix = 'let both machines follow the same time servers (chrony, systemd-timesyncd)'
    return skew > FAIL_MS
      ? fail(detail, fix)
      : skew > WARN_MS
        ? warn(detail, fix)
        : ok(skew === 0 ? 'clocks agree' : detail)
  },
}
