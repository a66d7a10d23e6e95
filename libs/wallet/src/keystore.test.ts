import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import fc from 'fast-check'
import { decryptKeystore } from './keystore.ts'

const PASSWORD = Buffer.from('testpassword')
/** The two examples of the Web3 Secret Storage definition; both hold the same key. */
const KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const PBKDF2 = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}
const SCRYPT = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}

for (const keystore of [PBKDF2, SCRYPT]) {
  test(`opens the published example with ${keystore.crypto.kdf}`, async () => {
    assert.deepEqual(await decryptKeystore(JSON.stringify(keystore), PASSWORD), { key: KEY, address: undefined })
  })
}

test('field names in another spelling, and the address, are read', async () => {
  const text = JSON.stringify({ Crypto: PBKDF2.crypto, version: 3, Address: '0xABCD' })
  assert.deepEqual(await decryptKeystore(text, PASSWORD), { key: KEY, address: 'abcd' })
})

const withCrypto = (fields: object) => JSON.stringify({ ...PBKDF2, crypto: { ...PBKDF2.crypto, ...fields } })
const withScrypt = (fields: object) =>
  JSON.stringify({ ...SCRYPT, crypto: { ...SCRYPT.crypto, kdfparams: { ...SCRYPT.crypto.kdfparams, ...fields } } })
const withPbkdf2 = (fields: object) => withCrypto({ kdfparams: { ...PBKDF2.crypto.kdfparams, ...fields } })

for (const [label, text, message] of [
  ['no JSON', '{"crypto": ', /is not JSON/],
  ['JSON of another kind', '[1, 2]', /not one of version 3/],
  ['null', 'null', /the file itself/],
  ['another version', JSON.stringify({ ...PBKDF2, version: 1 }), /known here: version/],
  ['no crypto', '{"version":3}', /known here: crypto/],
  ['another cipher', withCrypto({ cipher: 'aes-128-cbc' }), /crypto\.cipher$/],
  ['an unknown key derivation', withCrypto({ kdf: 'argon2id' }), /crypto\.kdf$/],
  ['an IV that is cut short', withCrypto({ cipherparams: { iv: '6087' } }), /crypto\.cipherparams\.iv$/],
  ['a ciphertext that is no hex', withCrypto({ ciphertext: 'zz'.repeat(32) }), /crypto\.ciphertext$/],
  ['another hash', withPbkdf2({ prf: 'hmac-sha1' }), /crypto\.kdfparams\.prf$/],
  ['too short a derived key', withPbkdf2({ dklen: 16 }), /crypto\.kdfparams\.dklen$/],
  ['a long derived key', withScrypt({ dklen: 1e9 }), /crypto\.kdfparams\.dklen$/],
  ['a salt without end', withScrypt({ salt: 'ab'.repeat(5000) }), /crypto\.kdfparams\.salt$/],
  ['iterations without end', withPbkdf2({ c: 4_294_967_295 }), /is refused: c is over/],
  ['more memory than allowed', withScrypt({ n: 2 ** 20, r: 8, p: 1 }), /is refused: it takes more than 512 MiB/],
  ['more memory through p', withScrypt({ n: 2, r: 1024, p: 1024 * 4 }), /is refused/],
  ['more work than allowed', withScrypt({ n: 2 ** 18, r: 8, p: 16 }), /is refused: n \* r \* p/],
  ['n beyond all bounds', withScrypt({ n: 2 ** 52, r: 1, p: 1 }), /is refused/],
  ['r beyond all bounds', withScrypt({ n: 2, r: 2 ** 50, p: 1 }), /is refused/],
  ['n that is no power of two', withScrypt({ n: 1000 }), /power of two/],
  ['n of one', withScrypt({ n: 1 }), /power of two/],
  ['negative costs', withScrypt({ r: -1 }), /crypto\.kdfparams\.r$/],
  ['costs as text', withScrypt({ p: '8' }), /crypto\.kdfparams\.p$/],
  ['another MAC', withCrypto({ mac: '00'.repeat(32) }), /does not open the keystore, or the keystore is damaged/],
] as const) {
  test(`refuses ${label}`, async () => {
    await assert.rejects(decryptKeystore(text, PASSWORD), { code: 'WALLET_UNUSABLE', message })
  })
}

test('a wrong password is refused and not shown', async () => {
  const fault = await decryptKeystore(JSON.stringify(PBKDF2), Buffer.from('hunter2')).catch(thrown => thrown)
  assert.ok(fault instanceof ConnectorError)
  assert.match(fault.message, /the password does not open the keystore/)
  assert.ok(!fault.message.includes('hunter2'))
})

test('any JSON and any costs give a typed error at once', async () => {
  const costs = fc.record({ n: fc.anything(), r: fc.anything(), p: fc.anything() })
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    // Real costs would take their time: these are refused before.
    costs.map(each => withScrypt({ ...each, dklen: 31 })),
    fc.nat().map(excess => withScrypt({ n: 2 ** 24, r: 1, p: excess + 1 })),
    fc.string().map(kdf => withCrypto({ kdf })),
  )
  await fc.assert(
    fc.asyncProperty(texts, async text => {
      const fault = await decryptKeystore(text, PASSWORD).catch(thrown => thrown)
      assert.ok(fault instanceof ConnectorError, String(fault))
      assert.equal(fault.code, 'WALLET_UNUSABLE')
    }),
    { numRuns: 300 },
  )
})
