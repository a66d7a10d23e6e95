// The settings that the tests of this folder load, and the file they load them from.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import {
  address,
  choice,
  defineSettings,
  duration,
  type Environment,
  flag,
  group,
  integer,
  type LegacyName,
  list,
  loadSettings,
  optional,
  scaled,
  secretHex,
  secretText,
  text,
  textList,
  url,
} from '@kms-connector/service-kit'

export const folder = mkdtempSync(join(tmpdir(), 'settings-'))
after(() => rmSync(folder, { recursive: true }))
export const file = join(folder, 'test.toml')
export const SECRET = `${'c0ffee'.repeat(10)}c0ff`

export const describe = 'A setting of this test.'
const contract = group(
  { address: address({ describe }), domain_name: text({ describe, default: 'Decryption' }) },
  { describe: 'A contract.' },
)
export const shape = {
  gateway_url: url({ describe }),
  decryption_polling: duration({ describe, default: '500ms' }),
  verify: flag({ describe, default: false }),
  finality: choice(['latest', 'finalized'], { describe, default: 'latest' }),
  start_block: optional(integer({ describe, min: 0 })),
  tags: textList({ describe, default: [] }),
  private_key: optional(secretHex({ describe, bytes: 32 })),
  mnemonic: optional(secretText({ describe })),
  decryption_contract: contract,
  host_chains: list(
    group(
      { url: url({ describe }), chain_id: integer({ describe, min: 1 }), acl_address: address({ describe }) },
      { describe: 'A host chain.' },
    ),
    { min: 1, unique: 'chain_id' },
  ),
  aws_kms_config: optional(
    group(
      { key_id: text({ describe }), region: text({ describe, default: 'eu-west-1' }) },
      { describe: 'A key in AWS KMS.' },
    ),
  ),
} as const
const EARLIER = 'the test before'
const legacy: readonly LegacyName[] = [
  { path: 'gwl2_url', from: EARLIER, now: ['gateway_url'], note: 'over HTTP' },
  { path: 'polling_secs', from: EARLIER, now: ['decryption_polling'], conversion: scaled('seconds', 's') },
  { path: 'pause_secs', from: EARLIER, now: ['decryption_polling'], conversion: scaled('seconds', 's') },
  { path: 'manager.address', from: EARLIER, now: ['decryption_contract.address'] },
  { path: 'wallet_words', from: EARLIER, now: ['mnemonic'] },
  { path: 'wallet_key', from: EARLIER, now: ['private_key'] },
  { path: 'kms_key', from: EARLIER, now: ['aws_kms_config.key_id'] },
  { path: 'queue_size', from: EARLIER, now: ['of_another_service'] },
  { path: 'database.url', from: EARLIER, why: 'there is no database' },
]
export const schema = defineSettings(shape, [], legacy)

export const A = `0x${'11'.repeat(20)}`
export const TOML = `
gateway_url = "http://file:8545"
decryption_polling = "2s"

[decryption_contract]
address = "${A}"

[[host_chains]]
url = "http://host:1"
chain_id = 1
acl_address = "${A}"
`

export function load(toml: string | undefined, env: Environment = {}, alsoKnown: readonly string[] = []) {
  if (toml !== undefined) writeFileSync(file, toml)
  return loadSettings(schema, { ...(toml === undefined ? {} : { file }), env, alsoKnown })
}

export function faultsOf(work: () => unknown): string {
  try {
    work()
  } catch (fault) {
    assert.ok(fault instanceof ConnectorError, String(fault))
    assert.equal(fault.code, 'SETTINGS_INVALID')
    return fault.message.replaceAll(file, 'FILE')
  }
  assert.fail('the settings were accepted')
}
