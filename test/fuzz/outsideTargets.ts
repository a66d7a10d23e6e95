import assert from 'node:assert/strict'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { parseBucketUrl } from '@kms-connector/ciphertexts'
import { ConnectorError, type Hex, OPERATIONS_V0_11, OperationTable, requestIdOf } from '@kms-connector/protocol'
import { loadSettings, workerSettings } from '@kms-connector/service-kit'
import fc from 'fast-check'
import { statusFault } from '../../libs/ciphertexts/src/fault.ts'
import { formatOf } from '../../libs/ciphertexts/src/format.ts'
import { parseEndpointUrl } from '../../libs/gateway/src/endpointUrl.ts'
import {
  PublicDecryptionResponseSchema,
  UserDecryptionResponseSchema,
} from '../../libs/kms-client/gen/kms/v1/decryption_pb.js'
import { KeyGenResultSchema } from '../../libs/kms-client/gen/kms/v1/key_generation_pb.js'
import { parseEndpoints } from '../../libs/kms-client/src/endpoint.ts'
import { createRedactor, displayUrl } from '../../libs/service-kit/src/redact.ts'
import { Secret } from '../../libs/service-kit/src/secret.ts'
import { parseToml } from '../../libs/service-kit/src/settings/tomlFile.ts'
import { parseDerSignature } from '../../libs/wallet/src/derSignature.ts'
import { parseKeyFile } from '../../libs/wallet/src/keyFile.ts'
import { decryptKeystore } from '../../libs/wallet/src/keystore.ts'
import { mnemonicWallet } from '../../libs/wallet/src/mnemonic.ts'
import { parsePublicKeyInfo } from '../../libs/wallet/src/publicKeyInfo.ts'
import { anyBytes, anyJson, anyText, changedBytes, spoiled } from './arbitraries.ts'
import { type FuzzTarget, target, typed } from './target.ts'

const table = new OperationTable(OPERATIONS_V0_11)
const id = requestIdOf((1n << 248n) + 5n)
const handle: Hex = `0x${'ab'.repeat(21)}ff00000000000030390500`
const payload = {
  materials: [{ ctHandle: handle, keyId: 1n, snsCiphertextDigest: handle, coprocessorTxSenderAddresses: [] }],
  extraData: '0x00',
  userAddress: `0x${'cd'.repeat(20)}`,
  publicKey: '0x01',
}
const signature = new Uint8Array(65).fill(1)
signature[64] = 27
const publicAnswer = {
  externalSignature: signature,
  extraData: new Uint8Array(),
  payload: { plaintexts: [{ bytes: Uint8Array.of(42), fheType: 5 }], requestId: { requestId: id } },
}

/** Bytes into the protobuf decoder, whose own fault the client reads as an unusable answer, and what comes out into the checks. */
function answerTarget<S extends Parameters<typeof fromBinary>[0]>(
  operation: string,
  schema: S,
  valid: object,
): FuzzTarget {
  const bytes = toBinary(schema, create(schema, valid as never)) // CAST: the shape is that of the schema
  const { fromCore } = table.named(operation)
  return target(`gRPC answer of ${operation}`, fc.oneof(changedBytes(bytes), anyBytes), input => {
    let message: unknown
    try {
      message = fromBinary(schema, input)
    } catch (fault) {
      return assert.ok(fault instanceof Error, String(fault))
    }
    return typed(() => fromCore(id, payload, message))
  })
}

const urlText = fc.oneof(
  anyText,
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(fc.constantFrom('http://', 'https://', 's3://', 'nats://', 'file:///'), anyText)
    .map(parts => parts.join('')),
)
const der = Buffer.from(`3044022${'0'}${'11'.repeat(32)}0220${'22'.repeat(32)}`, 'hex')
const keystore = {
  version: 3,
  address: 'cd'.repeat(20),
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '00'.repeat(16) },
    ciphertext: '11'.repeat(32),
    mac: '22'.repeat(32),
    kdf: 'pbkdf2',
    kdfparams: { c: 1000, dklen: 32, prf: 'hmac-sha256', salt: '33'.repeat(32) },
  },
}
const SECRET = 'a secret of some length'

export const OUTSIDE_TARGETS: readonly FuzzTarget[] = [
  answerTarget('public-decryption', PublicDecryptionResponseSchema, publicAnswer),
  answerTarget('user-decryption', UserDecryptionResponseSchema, { externalSignature: signature }),
  answerTarget('keygen', KeyGenResultSchema, { requestId: { requestId: id }, externalSignature: signature }),
  ...table.all
    .filter(({ poll }) => poll !== undefined)
    .map(({ name, fromCore }) =>
      target(`answer of ${name} in any shape`, fc.oneof(spoiled(publicAnswer), anyJson), result =>
        typed(() => fromCore(id, payload, result)),
      ),
    ),
  target('URL of an endpoint', urlText, text => typed(() => parseEndpointUrl(text).redact(text))),
  target('URL of a Core', urlText, text => typed(() => parseEndpoints([text]))),
  target('URL of a bucket', urlText, text => {
    const read = parseBucketUrl(text, { refusePrivate: true })
    assert.ok(read instanceof ConnectorError || URL.canParse(read.base))
  }),
  target('URL to show', urlText, text => displayUrl(text)),
  target('text to redact', fc.tuple(anyText, anyText), ([before, behind]) => {
    const clean = createRedactor([new Secret(SECRET)])(`${before}${SECRET}${behind}`)
    assert.ok(!clean.includes(SECRET))
  }),
  target(
    'TOML',
    fc.oneof(
      anyText,
      anyText.map(text => `gateway_url = "x"\n[a.b]\nc = ${text}`),
    ),
    text => {
      const read = parseToml(text, 'file.toml')
      assert.ok('table' in read || typeof read.problem === 'string')
    },
  ),
  target(
    'settings from variables',
    fc.record({
      url: urlText,
      chains: fc.oneof(
        anyText,
        anyJson.map(value => JSON.stringify(value)),
      ),
      number: anyText,
    }),
    ({ url, chains, number }) =>
      typed(() =>
        loadSettings(workerSettings, {
          env: {
            KMS_CONNECTOR_GATEWAY_URL: url,
            KMS_CONNECTOR_HOST_CHAINS: chains,
            KMS_CONNECTOR_MAX_IN_FLIGHT: number,
            KMS_CONNECTOR_STREAMS__ACK_WAIT: number,
            KMS_CONNECTOR_S3_MAX_CIPHERTEXT_SIZE: number,
          },
        }),
      ),
  ),
  target('header with the format of a ciphertext', fc.option(anyText, { nil: undefined }), text => formatOf(text)),
  target(
    'status and code of a bucket',
    fc.tuple(fc.nat({ max: 999 }), fc.option(anyText, { nil: undefined })),
    ([status, code]) => {
      assert.ok(statusFault(status, code, 'bucket') instanceof ConnectorError)
    },
  ),
  target('DER signature', fc.oneof(changedBytes(der), anyBytes), bytes => typed(() => parseDerSignature(bytes))),
  target('public key of AWS KMS', anyBytes, bytes => typed(() => parsePublicKeyInfo(bytes))),
  target(
    'key file',
    fc.oneof(
      anyBytes,
      anyText.map(text => Buffer.from(text)),
    ),
    bytes => typed(() => parseKeyFile(bytes)),
  ),
  target('keystore', fc.oneof(spoiled(keystore), anyJson), value =>
    typed(() => decryptKeystore(JSON.stringify(value) ?? '', Buffer.from('password'))),
  ),
  target('mnemonic', anyText, text => typed(() => mnemonicWallet(text, 0))),
]
