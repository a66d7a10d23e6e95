import { BIG_COMPRESSED, BIG_EXPANDED, type CiphertextFormat } from '@kms-connector/protocol'

/**
 * Serialisation of a stored ciphertext by its user metadata `Ct-Format` (Gateway contracts v0.11 generation of
 * coprocessors): `compressed_on_cpu` and `compressed_on_gpu` are compressed, everything else and nothing is expanded.
 * The digest does not cover it.
 */
export function formatOf(ctFormat: string | undefined): CiphertextFormat {
  return ctFormat === 'compressed_on_cpu' || ctFormat === 'compressed_on_gpu' ? BIG_COMPRESSED : BIG_EXPANDED
}
