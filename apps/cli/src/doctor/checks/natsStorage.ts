import { sizeText } from '../../sizes.ts'
import { type Check, fail, ok, warn } from '../check.ts'

const WARN_AT = 0.7
const FAIL_AT = 0.9

export const natsStorage: Check = {
  id: 'nats.storage',
  group: 'nats',
  why: 'when the account has no storage left, every stream refuses messages whatever its own limit',
  async run(context) {
    const { storage, limits } = await (await context.broker()).manager.getAccountInfo()
    const used = sizeText(storage)
    if (limits.max_storage <= 0) return ok(`${used} used, the account has no limit of its own`)
    const part = storage / limits.max_storage
    const detail = `${used} of ${sizeText(limits.max_storage)} used`
    const fix = 'give the account more storage (max_file of JetStream), or shorten the ages of the streams'
    return part >= FAIL_AT ? fail(detail, fix) : part >= WARN_AT ? warn(detail, fix) : ok(detail)
  },
}
