import { CURSOR_BUCKET, KeyValue, readCursor } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { age } from '../../table.ts'
import { type Check, fail, ok, skipped, together, warn } from '../check.ts'

const SILENT_MS = 120_000
const BEHIND_BLOCKS = 200

export const pipelineCursor: Check = {
  id: 'pipeline.cursor',
  group: 'pipeline',
  why: 'what lies behind the cursor of the listener is not published yet',
  async run(context) {
    const { gateway, settings } = context
    if (!gateway || settings.gateway_chain_id === undefined) return skipped('gateway_chain_id')
    const bucket = new KeyValue(await context.broker(), CURSOR_BUCKET)
    const head = Number(await gateway.quantity('eth_blockNumber'))
    const findings = TABLE.all.map(async ({ name, group }) => {
      const key = `${settings.gateway_chain_id}.${name}`
      const [cursor, entry] = await Promise.all([readCursor(bucket, key), bucket.get(key)])
      const fix = 'check that a gw-listener runs, and what its log says'
      if (!cursor || !entry) return [name, fail('nothing was read yet', fix)] as const
      const behind = head - cursor.block
      const silent = Date.now() - entry.storedAt
      const detail = `${behind} blocks behind the head, moved ${age(silent)} ago`
      const bad = group === 'decryption' && behind > BEHIND_BLOCKS && silent > SILENT_MS
      return [
        name,
        bad
          ? fail(detail, fix)
          : behind > BEHIND_BLOCKS
            ? warn(detail, `${fix}; a finality setting explains it, too`)
            : ok(detail),
      ] as const
    })
    return together(await Promise.all(findings))
  },
}
