import { type ErrorEntry, entry } from './errorEntry.ts'

/** Ciphertexts. */
export const ciphertextErrors = {
  COPROCESSOR_UNKNOWN: entry(
    'retry',
    'None of the coprocessors of a ciphertext is registered with a bucket.',
    'Check GatewayConfig; the registry is read again on every attempt.',
  ),
  BUCKET_URL_INVALID: entry(
    'retry',
    'A registered bucket URL cannot be used.',
    'The coprocessor must register a usable URL; other sources are tried first.',
  ),
  CIPHERTEXT_MISSING: entry(
    'retry',
    'No bucket holds the ciphertext.',
    'Check the buckets of the coprocessors; the request is tried again.',
  ),
  CIPHERTEXT_DIGEST_MISMATCH: entry(
    'retry',
    'A bucket returned bytes with another digest.',
    'The bucket serves wrong or corrupted data; other sources are tried.',
  ),
  CIPHERTEXT_TOO_LARGE: entry(
    'retry',
    'A ciphertext is larger than the ceiling in the settings.',
    'Raise `s3_max_ciphertext_size` if this size is expected.',
  ),
  CIPHERTEXT_TIMEOUT: entry('retry', 'A bucket was too slow.', 'Check the bucket; other sources are tried.'),
  CIPHERTEXT_UNAVAILABLE: entry(
    'retry',
    'A bucket could not be read.',
    'Read the status in the message; other sources are tried.',
  ),
} as const satisfies Record<string, ErrorEntry>
