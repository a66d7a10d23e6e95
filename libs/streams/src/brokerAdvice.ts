const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /authorization violation|authentication|nkeys? not|user jwt/i,
    'NATS refuses the credentials: compare nats_user, nats_password or nats_credentials_file with the users of the server',
  ],
  [
    /permissions violation/i,
    'the NATS user of this service may not do what it has to: compare its permissions with those in docs/operations.md',
  ],
  [
    /jetstream not enabled|^503$|no responders/i,
    'JetStream does not answer: it is off on this server or for this account, or a cluster has no leader at the moment',
  ],
  [
    /insufficient (storage )?resources|resource limits? exceeded|no space left/i,
    'the server or the account has no room for the sizes in the settings: raise max_file_store (or max_file of the account) or lower streams.*_bytes',
  ],
  [/certificate|self.signed|tls/i, 'TLS with the NATS server failed: check nats_tls and the certificate of the server'],
  [/refused|ENOTFOUND|EAI_AGAIN|timeout/i, 'the NATS server cannot be reached: check nats_url and whether it runs'],
]

/**
 * What an operator can do about a broker that does not work with us.
 * @param detail words of server or client
 * @returns undefined for words that say nothing
 */
export function brokerAdvice(detail: string): string | undefined {
  return ADVICE.find(([words]) => words.test(detail))?.[1]
}
