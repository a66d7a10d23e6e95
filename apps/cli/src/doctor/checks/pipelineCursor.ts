import { FinalHead } from '@kms-connector/gateway'
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
    const [decryption, keyManagement] = await Promise.all([
      new FinalHead(settings.decryption_finality).read(gateway),
      new FinalHead(settings.key_management_finality).read(gateway),
    ])
    const findings = TABLE.all.map(async ({ name, group }) => {
      const key = `${settings.gateway_chain_id}.${name}`
      const [cursor, entry] = await Promise.all([readCursor(bucket, key), bucket.get(key)])
      const fix = 'check that a gw-listener runs, and what its log says'
      if (!cursor || !entry) return [name, fail('nothing was read yet', fix)] as const
      const behind = Math.max(0, (group === 'decryption' ? decryption : keyManagement) - cursor.block)
      const silent = Date.now() - entry.storedAt
      const detail = `${behind} blocks behind what it may read, moved ${age(silent)} ago`
      const bad = group === 'decryption' && behind > BEHIND_BLOCKS && silent > SILENT_MS
      return [name, bad ? fail(detail, fix) : behind > BEHIND_BLOCKS ? warn(detail, fix) : ok(detail)] as const
    })
    return together(await Promise.all(findings))
  },
}
