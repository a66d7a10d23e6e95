import type { AbiEvent } from 'viem'
import type { Hex } from '../hex.ts'
import { type DecodeParameters, parameterDecoder } from './decodeParameters.ts'

/** @throws RangeError when topics or data are not those of the event */
export type DecodeEvent = (topics: readonly Hex[], data: Hex) => Readonly<Record<string, unknown>>

/**
 * Prepares reading logs of one event whose topic was recognised.
 * @returns a function that takes all topics, the first is the event's own, and the data, in lower-case hex; it gives the
 *   arguments by their names
 * @throws TypeError for a type that the ABI does not know
 */
export function eventDecoder({ inputs }: AbiEvent): DecodeEvent {
  const named = inputs.map((input, i) => ({ ...input, name: input.name || String(i) }))
  const inTopics = named
    .filter(({ indexed }) => indexed)
    .map(input => ({ name: input.name, decode: topicDecoder(input) }))
  const inData = named.filter(({ indexed }) => !indexed)
  const decodeData = parameterDecoder(inData)
  return (topics, data) => {
    const args: Record<string, unknown> = {}
    for (const [i, { name, decode }] of inTopics.entries()) {
      const topic = topics[i + 1]
      if (topic === undefined) throw new RangeError(`${topics.length} topics, "${name}" would be in the next one`)
      args[name] = decode(topic)[0]
    }
    const values = decodeData(data)
    for (const [i, { name }] of inData.entries()) args[name] = values[i]
    return args
  }
}

/** What does not fit a word is there as its hash. */
function topicDecoder(input: AbiEvent['inputs'][number]): DecodeParameters {
  const isHashed = /^(string|bytes|tuple)$|\]$/.test(input.type)
  return isHashed ? topic => [topic] : parameterDecoder([input])
}
