import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadKeyFile } from '@kms-connector/wallet'
import { expectFault, expectSigns, fileWith } from './walletFixture.ts'
import { writeKeystore } from './writeKeystore.ts'

const KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const PASSWORD = 'correct horse battery staple'
/** Of POSIX; Node has no call for it. */
const MAKE_PIPE = 'mkfifo'
const SECRETS = [KEY, KEY.slice(0, 16), PASSWORD, 'hunter2']

for (const [label, content] of [
  ['raw bytes', Buffer.from(KEY, 'hex')],
  ['hex text', KEY],
  ['hex text with 0x and a line end', `0x${KEY.toUpperCase()}\n`],
  ['hex text of another system', `\uFEFF${KEY}\r\n`],
] as const) {
  test(`a key file of ${label}`, async t => {
    const { wallet, warnings } = await loadKeyFile(fileWith(t, content))
    assert.equal(wallet.address, ADDRESS)
    await expectSigns(wallet)
    assert.match(warnings.join('\n'), /^the key file is not encrypted/)
  })
}

for (const [kdf, ending, address] of [
  ['scrypt', '\n', ADDRESS.slice(2)],
  ['scrypt', '', undefined],
  ['pbkdf2', '\r\n', ADDRESS.toUpperCase().replace('0X', '0x')],
] as const) {
  test(`an encrypted keystore with ${kdf}, address ${address}`, async t => {
    const keyFile = fileWith(t, `${writeKeystore(`0x${KEY}`, PASSWORD, kdf, address)}\n`)
    const { wallet, warnings } = await loadKeyFile(keyFile, fileWith(t, `${PASSWORD}${ending}`))
    assert.equal(wallet.address, ADDRESS)
    await expectSigns(wallet)
    assert.deepEqual(warnings, [])
  })
}

test('files that everybody may read are warned about, a mounted link is followed', async t => {
  const keyFile = fileWith(t, writeKeystore(`0x${KEY}`, PASSWORD, 'pbkdf2'), 0o644)
  const passwordFile = fileWith(t, PASSWORD)
  const link = join(dirname(passwordFile), 'link')
  symlinkSync(keyFile, link)
  const { warnings } = await loadKeyFile(link, passwordFile)
  assert.equal(warnings.length, 1)
  assert.match(warnings.join(), /the key file .*link.* is open to every user of this machine \(mode 644\)/)
  chmodSync(passwordFile, 0o604)
  assert.match((await loadKeyFile(keyFile, passwordFile)).warnings.join(), /password file .*mode 604/)
})

test('a password for a file that needs none is pointed out', async t => {
  const { warnings } = await loadKeyFile(fileWith(t, KEY), '/nonexistent')
  assert.match(warnings.join(), /password file is not used/)
})

const keystore = writeKeystore(`0x${KEY}`, PASSWORD, 'pbkdf2')
for (const [label, content, message] of [
  ['nothing', '', /neither 32 raw bytes nor .* it has 0 bytes/],
  ['a key that is cut short', KEY.slice(0, 32), /it has 32 bytes/],
  ['a key with a digit more', `${KEY}0`, /it has 65 bytes/],
  ['raw bytes and a line end', Buffer.from(`${KEY}0a`, 'hex'), /it has 33 bytes/],
  ['two keys', `${KEY}\n${KEY}\n`, /it has 130 bytes/],
  ['a certificate', '-----BEGIN EC PRIVATE KEY-----\nhunter2', /neither/],
  ['a key of zero', Buffer.alloc(32), /outside the range of the curve/],
  ['a key above the order', 'f'.repeat(64), /outside the range of the curve/],
  ['a keystore that is cut short', keystore.slice(0, 200), /is not JSON/],
  ['a damaged keystore', keystore.replace(/"mac":"./, '"mac":"x'), /crypto\.mac/],
  ['a keystore of an unknown kind', keystore.replace('"pbkdf2"', '"argon2id"'), /crypto\.kdf/],
  ['a keystore of another address', writeKeystore(`0x${KEY}`, PASSWORD, 'pbkdf2', 'ab'.repeat(20)), /claims another/],
  ['a file without end', Buffer.alloc(70_000, 0x20), /more than 65536 bytes/],
] as const) {
  test(`a key file of ${label} is refused`, async t => {
    const passwordFile = fileWith(t, PASSWORD)
    await expectFault(() => loadKeyFile(fileWith(t, content), passwordFile), 'WALLET_UNUSABLE', message, SECRETS)
  })
}

async function expectPasswordFault(t: TestContext, password: string | undefined, message: RegExp): Promise<void> {
  const passwordFile = password === undefined ? undefined : fileWith(t, password)
  await expectFault(() => loadKeyFile(fileWith(t, keystore), passwordFile), 'WALLET_UNUSABLE', message, SECRETS)
}

test('a missing, wrong, empty, long or ambiguous password is refused', async t => {
  await expectPasswordFault(t, undefined, /encrypted and no password file is configured/)
  await expectPasswordFault(t, 'hunter2', /password does not open the keystore/)
  await expectPasswordFault(t, '', /password does not open the keystore/)
  await expectPasswordFault(t, ` ${PASSWORD}`, /password does not open the keystore/)
  await expectPasswordFault(t, `hunter2\n${PASSWORD}\n`, /more than one line/)
  await expectPasswordFault(t, 'hunter2'.repeat(1000), /more than 4096 bytes/)
})

test('what is no readable file is refused at once', async t => {
  const folder = dirname(fileWith(t, ''))
  await expectFault(() => loadKeyFile(join(folder, 'none')), 'WALLET_UNUSABLE', /the key file ".*none" does not exist/)
  await expectFault(() => loadKeyFile(folder), 'WALLET_UNUSABLE', /is not a regular file/)
  await expectFault(() => loadKeyFile(`${folder}/a\0b`), 'WALLET_UNUSABLE', /could not be read/)
  const pipe = join(folder, 'pipe')
  execFileSync(MAKE_PIPE, [pipe])
  await expectFault(() => loadKeyFile(pipe), 'WALLET_UNUSABLE', /is not a regular file/)
})

test('secrets that stand where a path belongs are not repeated', async t => {
  for (const path of [KEY, `/0x${KEY}`, `${'hunter2 '.repeat(11)}hunter2`, 'hunter2']) {
    await expectFault(() => loadKeyFile(path), 'WALLET_UNUSABLE', /the key file \[redacted\] does not exist/, SECRETS)
  }
  await expectFault(
    () => loadKeyFile(fileWith(t, keystore), 'hunter2'),
    'WALLET_UNUSABLE',
    /password file \[redacted\]/,
    SECRETS,
  )
})
