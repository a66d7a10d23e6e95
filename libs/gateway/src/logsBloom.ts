import { bytesOf, type Hex, keccak256 } from '@kms-connector/protocol'

/** What the bloom filter of a block header says about some logs. `unusable`: the chain does not keep it. */
export type BloomVerdict = 'none' | 'maybe' | 'unusable'

const BLOOM_HEX = 2 + 512

/**
 * Whether a block may hold a log of one of the addresses with one of the topics first. `none` is certain; `maybe` is
 * wrong now and then. A filter that is empty or full says nothing: some chains fill it with zeros or ones.
 * @param bloom 256 bytes; shorter, longer or missing counts as unusable
 */
export function bloomVerdict(bloom: Hex | undefined, addresses: readonly Hex[], topics: readonly Hex[]): BloomVerdict {
  if (bloom?.length !== BLOOM_HEX || /^0x(0*|f*)$/i.test(bloom)) return 'unusable'
  const bits = BigInt(bloom)
  const holds = (value: Hex) => (bits & maskOf(value)) === maskOf(value)
  return addresses.some(holds) && topics.some(holds) ? 'maybe' : 'none'
}

/** Three of 2048 bits: each pair of the first six bytes of the hash, modulo 2048, names one. */
const masks = new Map<Hex, bigint>()
/** Addresses and topics of one process; the bound only guards against misuse. */
const MASKS_KEPT = 1_000

function maskOf(value: Hex): bigint {
  const known = masks.get(value)
  if (known !== undefined) return known
  const hash = Buffer.from(keccak256(bytesOf(value)))
  let mask = 0n
  for (const at of [0, 2, 4]) mask |= 1n << BigInt(hash.readUInt16BE(at) & 2047)
  if (masks.size >= MASKS_KEPT) masks.clear()
  masks.set(value, mask)
  return mask
}
