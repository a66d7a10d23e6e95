import { inspect } from 'node:util'

export const REDACTED = '[redacted]'

/**
 * A value that prints as `[redacted]` wherever it ends up by accident: string templates, JSON, logs, `console`, error
 * messages. Only {@link Secret.reveal} gives the text, so every use of it can be found by name.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself. Hand it to the one function that needs it; never keep, log or concatenate it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
