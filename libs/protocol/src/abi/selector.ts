import type { AbiParameter } from 'abitype'
import { type Hex, hexOf } from '../hex.ts'
import { keccak256 } from '../keccak.ts'

/** What has a signature: an event, a function, an error. */
export interface Signed {
  readonly name: string
  readonly inputs: readonly AbiParameter[]
}

/** @returns the first topic of an event's logs: the hash of its signature */
export function topicOf({ name, inputs }: Signed): Hex {
  return hexOf(keccak256(Buffer.from(`${name}${typesOf(inputs)}`)))
}

/** @returns the first four bytes of calls of a function, and of the data of an error */
export function selectorOf(signed: Signed): Hex {
  return `0x${topicOf(signed).slice(2, 10)}`
}

function typesOf(parameters: readonly AbiParameter[]): string {
  return `(${parameters.map(typeOf).join(',')})`
}

/** Structs are written as the types of their fields, with the brackets of arrays behind. */
function typeOf(parameter: AbiParameter): string {
  return 'components' in parameter
    ? `${typesOf(parameter.components)}${parameter.type.slice('tuple'.length)}`
    : parameter.type
}
