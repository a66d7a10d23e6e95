import { openCore } from '../../request/workFacts.ts'
import { type Check, ok, skipped, together, warn } from '../check.ts'

export const coreKeys: Check = {
  id: 'core.keys',
  group: 'core',
  why: 'a KMS Core without key material refuses every decryption',
  async run({ settings }, signal) {
    const core = await openCore(settings)
    if (!core) return skipped('kms_core_endpoints')
    try {
      const keys = await Promise.all(core.endpoints.map((_, shard) => core.keyIds(shard, signal)))
      const fix = 'wait for the key generation of the network, or restore the key material of the KMS Core'
      return together(
        core.endpoints.map((endpoint, shard) => {
          const count = keys[shard]?.length ?? 0
          return [endpoint, count > 0 ? ok(`holds ${count} FHE key(s)`) : warn('holds no FHE key', fix)] as const
        }),
      )
    } finally {
      core.close()
    }
  },
}
