import { displayUrl } from '../redact.ts'
import { REDACTED, Secret } from '../secret.ts'
import { type Kind, Mismatch, quoted, textKind, typeName } from './kind.ts'
import { nearestName } from './nearestName.ts'

/** @param pattern the text must match this; `expected` then says so in words */
export function plainTextKind(pattern?: RegExp, expected = 'text'): Kind<string> {
  return textKind({
    name: 'text',
    expected,
    placeholder: '...',
    written: { type: 'string', minLength: 1, ...(pattern === undefined ? {} : { pattern: pattern.source }) },
    parse: text => {
      if (pattern !== undefined && !pattern.test(text)) throw new Mismatch(`${quoted(text)} does not fit`)
      return text
    },
  })
}

/** @param protocols allowed ones with their colon, for example `['http:', 'https:']` */
export function urlKind(protocols: readonly string[]): Kind<string> {
  const names = protocols.map(protocol => `${protocol}//`)
  return textKind({
    name: 'url',
    expected: `a URL that starts with ${names.join(' or ')}`,
    placeholder: `${names[0] ?? 'http://'}127.0.0.1:8545`,
    written: { type: 'string', pattern: `^(${protocols.join('|')})//[^/]` },
    parse: text => {
      // The text itself is not repeated in faults: it may hold a password or an access key.
      const url = URL.parse(text)
      if (url === null) throw new Mismatch('is not a URL')
      if (!protocols.includes(url.protocol)) throw new Mismatch(`starts with ${quoted(url.protocol)}`)
      if (url.host === '') throw new Mismatch('names no host')
      return text
    },
    display: displayUrl,
  })
}

/** A socket address to listen on. */
export interface Endpoint {
  readonly host: string
  /** 0 lets the operating system choose. */
  readonly port: number
}

const ENDPOINT = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9.-]{1,253})):(\d{1,5})$/i

export const endpointKind: Kind<Endpoint> = textKind({
  name: 'endpoint',
  expected: 'an address to listen on such as "0.0.0.0:9100" or "[::]:9100"',
  placeholder: '0.0.0.0:9100',
  written: { type: 'string', pattern: ':[0-9]{1,5}$' },
  parse: text => {
    const [, v6, name, digits] = ENDPOINT.exec(text) ?? []
    const host = v6 ?? name
    const port = Number(digits)
    if (host === undefined || port > 65_535) throw new Mismatch(`${quoted(text)} is not HOST:PORT`)
    return { host, port }
  },
  display: ({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`),
})

export function choiceKind<C extends string>(choices: readonly C[]): Kind<C> {
  return textKind({
    name: 'choice',
    expected: `one of ${choices.map(choice => JSON.stringify(choice)).join(', ')}`,
    placeholder: choices[0] ?? '',
    written: { type: 'string', enum: choices },
    parse: text => {
      const choice = choices.find(known => known === text)
      if (choice === undefined) {
        throw new Mismatch(`${quoted(text)} is not offered, the nearest is ${quoted(nearestName(text, choices) ?? '')}`)
      }
      return choice
    },
  })
}

export const addressKind: Kind<`0x${string}`> = textKind<`0x${string}`>({
  name: 'address',
  expected: 'a contract address, 0x and 40 hex digits',
  placeholder: '0x0000000000000000000000000000000000000001',
  written: { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' },
  parse: text => {
    if (!/^0x[0-9a-f]{40}$/i.test(text)) throw new Mismatch(`${quoted(text)} is not an address`)
    return `0x${text.slice(2).toLowerCase()}`
  },
})

export const pathKind: Kind<string> = textKind({
  name: 'path',
  expected: 'the path of a file or folder',
  placeholder: '/etc/kms-connector/file',
  parse: text => {
    if (text.includes('\0')) throw new Mismatch('contains a NUL character')
    return text
  },
})

const showSecret = () => REDACTED

/** Secret bytes in hex, with or without 0x; revealed as lower-case hex with 0x. */
export function secretHexKind(byteLength: number): Kind<Secret> {
  return textKind({
    name: 'secret hex',
    expected: `${byteLength} bytes of hex, ${byteLength * 2} digits, with or without 0x`,
    placeholder: '...',
    secret: true,
    parse: text => {
      const digits = text.replace(/^0x/i, '')
      if (!/^[0-9a-f]*$/i.test(digits)) throw new Mismatch('has characters that are not hex digits')
      if (digits.length !== byteLength * 2) throw new Mismatch(`has ${digits.length} hex digits`)
      return new Secret(`0x${digits.toLowerCase()}`)
    },
    display: showSecret,
  })
}

export const secretTextKind: Kind<Secret> = textKind({
  name: 'secret text',
  expected: 'a secret text',
  placeholder: '...',
  secret: true,
  parse: text => new Secret(text),
  display: showSecret,
})

/** Several values of one kind: an array in TOML, separated by commas in the environment. */
export function severalKind<T>(item: Kind<T>, min: number, max: number): Kind<readonly T[]> {
  const bounded = (items: readonly T[]) => {
    if (items.length < min) throw new Mismatch(`has ${items.length} items`)
    if (items.length > max) throw new Mismatch(`has ${items.length} items, more than the ${max} allowed`)
    return items
  }
  const each = <V>(values: readonly V[], read: (value: V) => T): readonly T[] =>
    values.map((value, index) => {
      try {
        return read(value)
      } catch (fault) {
        throw fault instanceof Mismatch ? new Mismatch(`item ${index + 1} ${fault.message}`) : fault
      }
    })
  return {
    name: `list of ${item.name}`,
    expected: `${min > 0 ? `${min} or more items` : 'items'} separated by commas (an array in TOML), each ${item.expected}`,
    placeholder: [String(item.placeholder)],
    secret: item.secret,
    written: { type: 'array', minItems: min, maxItems: max, items: item.written },
    fromText: text => bounded(text.trim() === '' ? [] : each(text.split(','), part => item.fromText(part))),
    fromValue: value => {
      if (!Array.isArray(value)) throw new Mismatch(`is ${typeName(value)}, not an array`)
      return bounded(each(value, part => item.fromValue(part)))
    },
    display: items => items.map(value => item.display(value)).join(', '),
  }
}

/** One URL or several: text or an array in TOML. Commas separate only before the next scheme; a query may hold one, too. */
export function urlsKind(protocols: readonly string[], max: number): Kind<readonly string[]> {
  const several = severalKind(urlKind(protocols), 1, max)
  const fromText = (text: string) => several.fromValue(text.split(/,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i))
  return {
    ...several,
    name: 'one or several urls',
    written: { type: ['string', 'array'], minLength: 1, minItems: 1, maxItems: max, items: several.written['items'] },
    expected: `${urlKind(protocols).expected}, or several of them: separated by commas, or an array in TOML`,
    fromText: text => (text.trim() === '' ? several.fromText('') : oneFault(() => fromText(text), text)),
    fromValue: value => (typeof value === 'string' ? oneFault(() => fromText(value), value) : several.fromValue(value)),
  }
}

/** Where there is one URL only, a fault need not say which. */
function oneFault<T>(read: () => T, text: string): T {
  try {
    return read()
  } catch (fault) {
    if (fault instanceof Mismatch && !text.includes(',')) throw new Mismatch(fault.message.replace(/^item 1 /, ''))
    throw fault
  }
}
