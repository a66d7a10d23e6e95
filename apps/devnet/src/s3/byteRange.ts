import { S3Error } from './s3Error.ts'

/** Inclusive byte positions. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * Reads a Range header of one range. What is no byte range, and several ranges at once, are ignored, as HTTP allows.
 * @returns undefined when the whole object is to be sent
 * @throws S3Error InvalidRange when the range starts behind the end of the object
 */
export function byteRangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const last = match[2] === '' ? size - 1 : Number(match[2])
  const range =
    match[1] === ''
      ? { first: Math.max(0, size - Number(match[2])), last: size - 1 }
      : { first: Number(match[1]), last: Math.min(last, size - 1) }
  if (match[1] !== '' && match[2] !== '' && Number(match[1]) > Number(match[2])) return undefined
  if (range.first > range.last) throw new S3Error('InvalidRange', 'The requested range is not satisfiable.')
  return range
}
