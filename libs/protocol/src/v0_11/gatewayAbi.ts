import type { Abi, AbiEvent, AbiFunction } from 'viem'

/** Picks the one event of a name; an operation's ABI holds each name once. */
export function eventOf(abi: Abi, name: string): AbiEvent {
  const item = abi.find((entry): entry is AbiEvent => entry.type === 'event' && entry.name === name)
  if (!item) throw new TypeError(`the ABI has no event ${name}`)
  return item
}

/** Picks the one function of a name. */
export function functionOf(abi: Abi, name: string): AbiFunction {
  const item = abi.find((entry): entry is AbiFunction => entry.type === 'function' && entry.name === name)
  if (!item) throw new TypeError(`the ABI has no function ${name}`)
  return item
}
