import { type AbiFunction, toFunctionSelector } from 'viem'
import type { Hex } from '../hex.ts'
import { type AbiWriter, writerOf, writeSequence } from './abiWriter.ts'

interface CallWriter {
  readonly selector: Hex
  readonly writers: readonly AbiWriter[]
}

const known = new WeakMap<AbiFunction, CallWriter>()

/**
 * The calldata of a function: its selector, then the arguments. What depends on the function alone is computed once for
 * each object that describes it, so it is best kept as a constant.
 * @throws TypeError when the arguments do not fit the function
 */
export function encodeCall(called: AbiFunction, args: readonly unknown[]): Hex {
  const { selector, writers } = known.get(called) ?? prepare(called)
  if (args.length !== writers.length) throw new TypeError(`${called.name} takes ${writers.length} arguments`)
  return `${selector}${writeSequence(writers, args)}`
}

function prepare(called: AbiFunction): CallWriter {
  const prepared = { selector: toFunctionSelector(called), writers: called.inputs.map(writerOf) }
  known.set(called, prepared)
  return prepared
}
