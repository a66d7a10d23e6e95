/** Nothing that is read here has a use for more; what comes after parsing may recurse. */
export const MAX_JSON_DEPTH = 64

/**
 * Parses JSON from outside. Node parses any depth, but whatever walks the result by recursion afterwards would end the
 * process on a few hundred kilobytes of brackets.
 * @param maxDepth arrays and objects inside of each other, at most
 * @throws SyntaxError for text that is no JSON, RangeError for what is nested deeper
 */
export function parseJsonWithin(text: string, maxDepth: number = MAX_JSON_DEPTH): unknown {
  if (depthOf(text) > maxDepth) throw new RangeError(`JSON is nested deeper than ${maxDepth}`)
  return JSON.parse(text)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Brackets that are open at once, at most; texts in quotes do not count. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = endOfString(text, at)
    else if (char === 0x5b || char === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (char === 0x5d || char === 0x7d) depth--
  }
  return deepest
}

/** @returns position of the closing quote, or the end of the text */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return text.length
}
