import { openCore } from '../../request/workFacts.ts'
import { type Check, fail, ok, skipped, together } from '../check.ts'

export const coreHealth: Check = {
  id: 'core.health',
  group: 'core',
  why: 'without its KMS Core the node answers nothing',
  async run({ settings }, signal) {
    const core = await openCore(settings)
    if (!core) return skipped('kms_core_endpoints')
    try {
      const reports = await Promise.all(core.endpoints.map((_, shard) => core.health(shard, signal)))
      const fix = 'look at the log of the KMS Core; a threshold node serves only after its PRSS set-up'
      return together(
        reports.map(({ endpoint, serving, detail }) => [endpoint, serving ? ok(detail) : fail(detail, fix)] as const),
      )
    } finally {
      core.close()
    }
  },
}
