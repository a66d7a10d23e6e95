import type { Hex } from '../hex.ts'

/** What may be read once more after everything was read once, in bytes: 8,192 words. */
const READ_AGAIN = 8_192 * 32
/** Leading digits of a word that holds a number up to 2^56. */
const SMALL = '0'.repeat(50)

/**
 * Encoded values of a contract, read from wherever offsets point to. All positions and lengths are bytes. Values are cut
 * out of the text, which costs a tenth of turning it into bytes and back.
 *
 * Crafted offsets can make reading cost far more than the data is long, so what is read altogether is bounded: nothing
 * that an encoder wrote is ever read twice.
 */
export class AbiData {
  readonly #digits: string
  #left: number

  /** @param data lower-case hex of whole bytes */
  constructor(data: Hex) {
    this.#digits = data.slice(2)
    this.#left = this.#digits.length / 2 + READ_AGAIN
  }

  /** @throws RangeError behind the end of the data, or when too much was read */
  hex(at: number, length: number): Hex {
    return `0x${this.#read(at, length)}`
  }

  /** @throws RangeError like {@link hex} */
  text(at: number, length: number): string {
    return new TextDecoder().decode(Buffer.from(this.#read(at, length), 'hex'))
  }

  /** An unsigned integer of a whole word. @throws RangeError like {@link hex} */
  uint(at: number): bigint {
    return BigInt(`0x${this.#read(at, 32)}`)
  }

  /** A word that fits a number, as lengths and offsets do. @throws RangeError like {@link hex}, or for a larger one */
  number(at: number): number {
    const word = this.#read(at, 32)
    const value = Number.parseInt(word.slice(SMALL.length), 16)
    if (!word.startsWith(SMALL) || !Number.isSafeInteger(value)) throw new RangeError(`0x${word} is too large here`)
    return value
  }

  /** Notes work that reads nothing, such as an element without size. @throws RangeError when there was too much */
  charge(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) throw new RangeError('offsets make the same data be read again and again')
  }

  #read(at: number, length: number): string {
    this.charge(length)
    const end = 2 * (at + length)
    if (end > this.#digits.length) throw new RangeError(`the data ends before byte ${at + length}`)
    return this.#digits.slice(2 * at, end)
  }
}
