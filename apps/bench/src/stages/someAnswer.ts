/** An answer to a public decryption of one value: its size is what matters. */
export const ANSWER = {
  decryptedResult: `0x${'1'.padStart(64, '0')}`,
  signature: `0x${'5a'.repeat(65)}`,
  extraData: '0x',
} as const
