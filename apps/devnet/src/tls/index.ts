export { type Authority, type CertificateOptions, type KeyAndCertificate, newAuthority } from './authority.ts'
