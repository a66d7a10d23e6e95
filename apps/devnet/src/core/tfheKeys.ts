import { type FheType, type RequestId, requestIdOf } from '@kms-connector/protocol'
import { shake256 } from '@noble/hashes/sha3.js'
import {
  CompressedFheBool,
  CompressedFheUint8,
  CompressedFheUint16,
  CompressedFheUint32,
  CompressedFheUint64,
  CompressedFheUint128,
  CompressedFheUint160,
  CompressedFheUint256,
  FheBool,
  FheUint8,
  FheUint16,
  FheUint32,
  FheUint64,
  FheUint128,
  FheUint160,
  FheUint256,
  TfheClientKey,
  TfheConfigBuilder,
} from 'node-tfhe'
import { type BlobForm, requireType, sniffBlob, UndecryptableError } from './tfheBlob.ts'

/** Key that every development Core holds from the start: the first id of the Gateway's counter of key generations. */
export const DEV_KEY_ID: RequestId = requestIdOf((4n << 248n) + 1n)

/** Upper bound for a serialised ciphertext; the largest supported one has 2.1 MB. */
const SIZE_LIMIT = 1n << 24n

interface Expanded<V> extends Disposable {
  decrypt(key: TfheClientKey): V
  safe_serialize(limit: bigint): Uint8Array
}
interface ExpandedClass<V> {
  encrypt_with_client_key(value: V, key: TfheClientKey): Expanded<V>
  safe_deserialize(bytes: Uint8Array, limit: bigint): Expanded<V>
}
interface Seeded<V> extends Disposable {
  decompress(): Expanded<V>
  safe_serialize(limit: bigint): Uint8Array
}
interface SeededClass<V> {
  encrypt_with_client_key(value: V, key: TfheClientKey): Seeded<V>
  safe_deserialize(bytes: Uint8Array, limit: bigint): Seeded<V>
}
interface Codec {
  encrypt(value: bigint, key: TfheClientKey, form: BlobForm): Uint8Array
  decrypt(bytes: Uint8Array, key: TfheClientKey, form: BlobForm): bigint
}

function codec<V extends boolean | number | bigint>(
  expanded: ExpandedClass<V>,
  seeded: SeededClass<V>,
  toWasm: (value: bigint) => V,
): Codec {
  return {
    encrypt(value, key, form) {
      using ciphertext = (form === 'seeded' ? seeded : expanded).encrypt_with_client_key(toWasm(value), key)
      return ciphertext.safe_serialize(SIZE_LIMIT)
    },
    decrypt(bytes, key, form) {
      if (form === 'expanded') {
        using ciphertext = expanded.safe_deserialize(bytes, SIZE_LIMIT)
        return BigInt(ciphertext.decrypt(key))
      }
      using compressed = seeded.safe_deserialize(bytes, SIZE_LIMIT)
      using ciphertext = compressed.decompress()
      return BigInt(ciphertext.decrypt(key))
    },
  }
}

const asBigint = (value: bigint): bigint => value

const CODECS: ReadonlyMap<string, Codec> = new Map([
  ['bool', codec(FheBool, CompressedFheBool, value => value === 1n)],
  ['uint8', codec(FheUint8, CompressedFheUint8, Number)],
  ['uint16', codec(FheUint16, CompressedFheUint16, Number)],
  ['uint32', codec(FheUint32, CompressedFheUint32, Number)],
  ['uint64', codec(FheUint64, CompressedFheUint64, asBigint)],
  ['uint128', codec(FheUint128, CompressedFheUint128, asBigint)],
  ['address', codec(FheUint160, CompressedFheUint160, asBigint)],
  ['uint256', codec(FheUint256, CompressedFheUint256, asBigint)],
])

/**
 * The TFHE client key of a development network: it encrypts and decrypts. Everyone who knows the network's seed derives
 * the same key, which is what lets the nodes of an emulated threshold network and the demo agree without a key ceremony.
 */
export class TfheKeys {
  readonly #key: TfheClientKey

  private constructor(key: TfheClientKey) {
    this.#key = key
  }

  /**
   * @param seed text shared by the network; any length
   * @param keyId id of the key; each id has its own key
   */
  static derive(seed: string, keyId: RequestId = DEV_KEY_ID): TfheKeys {
    const digest = shake256(Buffer.from(`kms-devnet-tfhe-key:${keyId}:${seed}`), { dkLen: 16 })
    const seed128 = BigInt(`0x${Buffer.from(digest).toString('hex')}`)
    return new TfheKeys(TfheClientKey.generate_with_seed(TfheConfigBuilder.default().build(), seed128))
  }

  /**
   * Encrypts one value into tfhe's `safe_serialize` form. Randomised: two calls never give the same bytes.
   * @param value unsigned; a bool is 0 or 1, an address its 160-bit number
   * @param form seeded blobs have 0.2 to 18 kB, expanded ones 16 kB to 2.1 MB
   * @throws RangeError when the value does not fit the type
   */
  encrypt(value: bigint, fheType: FheType, form: BlobForm = 'seeded'): Uint8Array {
    const max = fheType.name === 'bool' ? 1n : (1n << BigInt(fheType.bits)) - 1n
    if (value < 0n || value > max) throw new RangeError(`the value does not fit ${fheType.name}`)
    return codecOf(fheType).encrypt(value, this.#key, form)
  }

  /**
   * Decrypts a blob of either form. The 64-bit ciphertexts that JavaScript can make are accepted under every ciphertext
   * format label: node-tfhe has no 128-bit squashed-noise types, which the labels 2 and 3 mean in production.
   * @throws UndecryptableError on garbage, damaged bytes or another type
   */
  decrypt(bytes: Uint8Array, fheType: FheType): bigint {
    const blob = sniffBlob(bytes)
    requireType(blob, fheType)
    try {
      return codecOf(fheType).decrypt(bytes, this.#key, blob.form)
    } catch (fault) {
      throw new UndecryptableError(`tfhe refused the ciphertext of type ${fheType.name}`, { cause: fault })
    }
  }
}

function codecOf(fheType: FheType): Codec {
  const found = CODECS.get(fheType.name)
  if (!found) throw new UndecryptableError(`FHE type ${fheType.number} is not supported`)
  return found
}

/** Little-endian bytes of a plaintext as KMS Core returns it, as many as the type has. */
export function plaintextBytes(value: bigint, fheType: FheType): Uint8Array {
  const bytes = new Uint8Array(fheType.plaintextBytes)
  for (let i = 0, rest = value; i < bytes.length; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}
