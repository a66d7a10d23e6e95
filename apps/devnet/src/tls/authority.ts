import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { bitString, der, integer, objectId, sequence, utcTime, utf8Text } from './der.ts'

/** PEM texts. */
export interface KeyAndCertificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  /** DNS names and IPv4 addresses; without them the certificate is good for clients only. */
  readonly hosts?: readonly string[]
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** A certificate authority for development: its certificates are good for nothing outside of this machine. */
export interface Authority {
  /** PEM of the authority's own certificate. */
  readonly cert: string
  issue(commonName: string, options?: CertificateOptions): KeyAndCertificate
}

interface Subject {
  readonly name: Buffer
  readonly publicKey: KeyObject
}

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'))
const DAY_MS = 86_400_000

/** Makes an authority of ECDSA P-256 keys. */
export function newAuthority(commonName: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = nameOf(commonName)
  const isAuthority = extension('551d13', sequence(der(0x01, Buffer.of(0xff))))
  const certificate = (subject: Subject, options: CertificateOptions, extensions: readonly Buffer[]) =>
    pem('CERTIFICATE', signed(issuer, subject, options, extensions, privateKey))
  return {
    cert: certificate({ name: issuer, publicKey }, {}, [isAuthority]),
    issue(name, options = {}) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const hosts = options.hosts ?? []
      const extensions = hosts.length === 0 ? [] : [extension('551d11', sequence(...hosts.map(alternativeName)))]
      const cert = certificate({ name: nameOf(name), publicKey: pair.publicKey }, options, extensions)
      return { cert, key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
    },
  }
}

function signed(
  issuer: Buffer,
  { name, publicKey }: Subject,
  { notBefore = new Date(Date.now() - DAY_MS), notAfter = new Date(Date.now() + 30 * DAY_MS) }: CertificateOptions,
  extensions: readonly Buffer[],
  key: KeyObject,
): Buffer {
  const toSign = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    ecdsaWithSha256,
    issuer,
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  )
  return sequence(toSign, ecdsaWithSha256, bitString(sign('sha256', toSign, key)))
}

const nameOf = (commonName: string): Buffer => sequence(der(0x31, sequence(objectId('550403'), utf8Text(commonName))))

const extension = (id: string, value: Buffer): Buffer => sequence(objectId(id), der(0x04, value))

const alternativeName = (host: string): Buffer =>
  isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
