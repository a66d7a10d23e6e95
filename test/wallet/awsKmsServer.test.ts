// The AWS KMS of these tests is what the wallet is measured against, so it is itself checked with OpenSSL and the AWS SDK.
import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { DescribeKeyCommand, GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { CREDENTIALS } from '../../apps/devnet/src/awsKms/index.ts'
import { awsEnvironment, startAwsKms } from './awsKmsServer.ts'

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

async function open(t: TestContext, credentials: typeof CREDENTIALS | undefined = CREDENTIALS) {
  awsEnvironment(t, credentials)
  const server = await startAwsKms(t)
  const client = new KMSClient({ region: server.region, endpoint: server.url, maxAttempts: 1 })
  t.after(() => client.destroy())
  return { server, client, key: server.createKey() }
}

test('signatures over digests verify with OpenSSL under the exported key, half of them with a high s', async t => {
  const { client, key } = await open(t)
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: key.id }))
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
  let high = 0
  for (let i = 0; i < 40; i++) {
    const message = Buffer.from(`message ${i}`)
    const digest = createHash('sha256').update(message).digest()
    const raw = { KeyId: key.arn, SigningAlgorithm: 'ECDSA_SHA_256' } as const
    const answers = [
      await client.send(new SignCommand({ ...raw, MessageType: 'DIGEST', Message: digest })),
      await client.send(new SignCommand({ ...raw, MessageType: 'RAW', Message: message })),
    ]
    for (const { Signature = Buffer.alloc(0) } of answers) {
      assert.ok(verify('sha256', message, publicKey, Signature), `message ${i}`)
      assert.ok(!verify('sha256', Buffer.from('another'), publicKey, Signature), `message ${i}`)
      const s = BigInt(`0x${Buffer.from(Signature.subarray(4 + (Signature[3] ?? 0) + 2)).toString('hex')}`)
      if (s > HALF_ORDER) high++
    }
  }
  assert.ok(high > 0 && high < 80, `${high} of 80 have a high s`)
})

test('answers describe the key, and aliases lead to it', async t => {
  const { server, client, key } = await open(t)
  server.aliases.set('alias/wallet', key)
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/wallet' }))
  assert.equal(KeyMetadata?.Arn, key.arn)
  assert.equal(KeyMetadata?.KeySpec, 'ECC_SECG_P256K1')
  const { KeyId, SigningAlgorithms, PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: key.arn }))
  assert.equal(KeyId, key.arn)
  assert.deepEqual(SigningAlgorithms, ['ECDSA_SHA_256'])
  assert.equal(PublicKey?.length, 88)
})

test('a digest must have 32 bytes', async t => {
  const { client, key } = await open(t)
  const input = { KeyId: key.id, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const
  for (const size of [31, 33]) {
    const sent = client.send(new SignCommand({ ...input, Message: Buffer.alloc(size) }))
    await assert.rejects(sent, { name: 'ValidationException', message: /invalid length/ })
  }
})

test('only requests signed with the right secret are served', async t => {
  const { client, key } = await open(t, { ...CREDENTIALS, secretAccessKey: 'another' as never }) // CAST: a wrong secret
  await assert.rejects(client.send(new GetPublicKeyCommand({ KeyId: key.id })), { name: 'InvalidSignatureException' })
})

test('unsigned requests and unknown operations are refused', async t => {
  const { server } = await open(t)
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.GetPublicKey' }
  const response = await fetch(server.url, { method: 'POST', headers, body: '{}' })
  assert.equal(response.status, 400)
  assert.match(await response.text(), /MissingAuthenticationTokenException/)
})
