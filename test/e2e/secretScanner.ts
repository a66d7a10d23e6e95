/** A secret and what it is, for the report. */
export interface PlantedSecret {
  readonly name: string
  readonly text: string
}

export interface Leak {
  readonly secret: string
  readonly form: string
  readonly where: string
}

/** Searches texts for secrets in every form that a program could print them in. */
export class SecretScanner {
  readonly #needles: readonly { readonly secret: string; readonly form: string; readonly text: string }[]

  constructor(secrets: readonly PlantedSecret[]) {
    this.#needles = secrets.flatMap(({ name, text }) =>
      [...formsOf(text)].map(([form, needle]) => ({ secret: name, form, text: needle })),
    )
  }

  /** @returns every secret of which some form stands in the text */
  scan(where: string, text: string): Leak[] {
    const folded = text.toLowerCase()
    return this.#needles
      .filter(({ form, text: needle }) => (form === 'hex' ? folded : text).includes(needle))
      .map(({ secret, form }) => ({ secret, form, where }))
  }
}

/** Needles by form. Base64 depends on how many bytes stand before, so there are three; the uncertain ends are cut off. */
export function formsOf(secret: string): Map<string, string> {
  const bare = secret.replace(/^0x/, '')
  const forms = new Map([
    ['raw', bare],
    ['hex', Buffer.from(bare).toString('hex')],
    ['url', encodeURIComponent(bare)],
    ['json', JSON.stringify(bare).slice(1, -1)],
  ])
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(bare)]).toString('base64')
    const certain = encoded.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bare.length) * 8) / 6))
    forms.set(`base64 at ${offset}`, certain)
    forms.set(`base64url at ${offset}`, certain.replaceAll('+', '-').replaceAll('/', '_'))
  }
  if (/^[0-9a-f]{64}$/i.test(bare)) {
    forms.set('hex', bare.toLowerCase())
    forms.set('bytes as base64', Buffer.from(bare, 'hex').toString('base64').replace(/=+$/, ''))
    forms.set('number', BigInt(`0x${bare}`).toString())
    forms.set('bytes as JSON', [...Buffer.from(bare, 'hex')].join(','))
  }
  return forms
}
