import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** DER element of the given tag. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.length)
  return Buffer.concat([Buffer.of(tag, 0x82), length, body])
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const utcTime = (text: string) => der(0x17, Buffer.from(text))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const loopback = der(0x87, Buffer.of(127, 0, 0, 1))

/** A self-signed certificate for 127.0.0.1 that may also sign as its own authority, and its key; both PEM. */
export function selfSigned(commonName: string): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cert = pem('CERTIFICATE', certificate(commonName, publicKey, privateKey))
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function certificate(commonName: string, publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))))
  const alternativeNames = sequence(oid('551d11'), der(0x04, sequence(loopback)))
  const authority = sequence(oid('551d13'), der(0x01, Buffer.of(0xff)), der(0x04, sequence(der(0x01, Buffer.of(0xff)))))
  const toSign = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    name,
    sequence(utcTime('200101000000Z'), utcTime('491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(alternativeNames, authority)),
  )
  const signature = sign('sha256', toSign, privateKey)
  return sequence(toSign, ecdsaWithSha256, der(0x03, Buffer.of(0), signature))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
