const ADVICE: readonly [code: RegExp, advice: string][] = [
  [/^CERT_HAS_EXPIRED$/, 'the certificate of the KMS Core has expired'],
  [/^CERT_NOT_YET_VALID$/, 'the certificate of the KMS Core is not valid yet; compare the clocks'],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE)$/,
    'the certificate of the KMS Core is signed by an authority that kms_core_tls.ca_file does not hold',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'the certificate of the KMS Core is for another name; kms_core_tls.server_name says which one to expect',
  ],
  [/^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/, 'the port of the KMS Core speaks no TLS'],
  [
    /^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/,
    'the KMS Core refuses our client certificate: kms_core_tls.cert_file and key_file are missing, expired, or of an authority that it does not know',
  ],
]

/**
 * Puts what an operator can do in front of what the TLS layer says.
 * @param code of the error, such as `CERT_HAS_EXPIRED`
 * @returns the message unchanged for anything that TLS has no part in
 */
export function tlsAdvice(code: string | undefined, message: string): string {
  const advice = ADVICE.find(([pattern]) => pattern.test(code ?? ''))?.[1]
  return advice === undefined ? message : `${advice} (${message})`
}
