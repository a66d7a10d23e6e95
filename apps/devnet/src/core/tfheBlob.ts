import type { FheType } from '@kms-connector/protocol'

/** A ciphertext that cannot be decrypted as what it is said to be. Its text names sizes and types, never bytes. */
export class UndecryptableError extends Error {
  override readonly name = 'UndecryptableError'
}

/** `seeded` blobs carry the seed of their masks (small, made by the key holder), `expanded` blobs the masks themselves. */
export type BlobForm = 'seeded' | 'expanded'

export interface TfheBlob {
  readonly form: BlobForm
  readonly family: 'bool' | 'uint'
  /** Radix blocks of two message bits; 1 for a bool. */
  readonly blocks: number
}

interface BlobLayout {
  readonly form: BlobForm
  readonly family: 'bool' | 'uint'
  /** Offset of the block count behind the type name; undefined where there is exactly one block. */
  readonly countAt: number | undefined
  /** Offset of the first block's LWE size behind the type name; undefined where the masks themselves follow. */
  readonly lweSizeAt: number | undefined
  readonly overheadBytes: number
  readonly blockBytes: number
}

/** LWE dimension plus one. */
const LWE_SIZE = 2049n

/** The sizes are those of tfhe 1.5 with its default parameters: LWE dimension 2048 and 64-bit ciphertexts. */
const LAYOUTS: ReadonlyMap<string, BlobLayout> = new Map([
  [
    'FheBool',
    {
      form: 'expanded',
      family: 'bool',
      countAt: undefined,
      lweSizeAt: undefined,
      overheadBytes: 93,
      blockBytes: 16_500,
    },
  ],
  [
    'FheUint',
    { form: 'expanded', family: 'uint', countAt: 12, lweSizeAt: undefined, overheadBytes: 101, blockBytes: 16_500 },
  ],
  [
    'CompressedFheBool',
    { form: 'seeded', family: 'bool', countAt: undefined, lweSizeAt: 32, overheadBytes: 91, blockBytes: 140 },
  ],
  [
    'CompressedFheUint',
    { form: 'seeded', family: 'uint', countAt: 16, lweSizeAt: 44, overheadBytes: 103, blockBytes: 140 },
  ],
])
const NAMESPACE = 'high_level_api::'

/** Two version strings with their lengths precede the type name. */
const NAME_LENGTH_AT = 26
const NAME_AT = NAME_LENGTH_AT + 8
const LONGEST_NAME = 64

/**
 * Recognises what tfhe's `safe_serialize` wrote by the type name in its header. tfhe's own deserialiser accepts a blob of
 * another width silently and may allocate whatever a damaged header asks for, so width and length are settled here.
 * @throws UndecryptableError when the bytes are no such blob or have not the length their header promises
 */
export function sniffBlob(bytes: Uint8Array): TfheBlob {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < NAME_AT) throw new UndecryptableError(`${view.length} bytes are no TFHE ciphertext`)
  const nameLength = view.readBigUInt64LE(NAME_LENGTH_AT)
  if (nameLength > LONGEST_NAME) throw new UndecryptableError('the bytes carry no TFHE type name')
  const nameEnd = NAME_AT + Number(nameLength)
  const name = view.toString('latin1', NAME_AT, nameEnd)
  const layout = name.startsWith(NAMESPACE) ? LAYOUTS.get(name.slice(NAMESPACE.length)) : undefined
  if (!layout) throw new UndecryptableError('the TFHE type of the bytes is not supported')
  const blocks = countBlocks(view, layout, nameEnd)
  if (BigInt(view.length) !== BigInt(layout.overheadBytes) + blocks * BigInt(layout.blockBytes)) {
    throw new UndecryptableError(`${view.length} bytes do not hold ${blocks} blocks`)
  }
  requireLweSizes(view, layout, nameEnd, Number(blocks))
  return { form: layout.form, family: layout.family, blocks: Number(blocks) }
}

function countBlocks(view: Buffer, layout: BlobLayout, nameEnd: number): bigint {
  if (layout.countAt === undefined) return 1n
  const at = nameEnd + layout.countAt
  if (view.length < at + 8) throw new UndecryptableError('the ciphertext is truncated')
  return view.readBigUInt64LE(at)
}

/** A seeded block says how large a mask its seed grows into: one damaged bit there could ask for gigabytes. */
function requireLweSizes(view: Buffer, layout: BlobLayout, nameEnd: number, blocks: number): void {
  if (layout.lweSizeAt === undefined) return
  for (let block = 0; block < blocks; block++) {
    const size = view.readBigUInt64LE(nameEnd + layout.lweSizeAt + block * layout.blockBytes)
    if (size !== LWE_SIZE) throw new UndecryptableError(`block ${block} asks for an LWE size of ${size}`)
  }
}

/** @throws UndecryptableError when the blob encrypts another type */
export function requireType(blob: TfheBlob, fheType: FheType): void {
  const fits =
    fheType.name === 'bool' ? blob.family === 'bool' : blob.family === 'uint' && 2 * blob.blocks === fheType.bits
  if (!fits) {
    const found = blob.family === 'bool' ? 'a bool' : `an integer of ${2 * blob.blocks} bits`
    throw new UndecryptableError(`the ciphertext encrypts ${found}, not ${fheType.name}`)
  }
}
