import type { NatsMessage } from './natsMessage.ts'

/** Tells whether a message is the one that is waited for. */
export type NatsMoment = (message: NatsMessage) => boolean

/** A client publishes to a subject. @param pattern subject with `*` and `>` as NATS understands them */
export function publishTo(pattern: string): NatsMoment {
  const fits = subjectPattern(pattern)
  return ({ direction, subject }) => direction === 'publish' && fits(subject)
}

/** The server answers what was published to a subject: the PubAck of a stream or bucket, or the answer of an API. */
export function answerTo(pattern: string): NatsMoment {
  const fits = subjectPattern(pattern)
  return ({ direction, answers }) => direction === 'deliver' && answers !== undefined && fits(answers)
}

/** The server delivers a message of a subject to a consumer. */
export function deliveryOf(pattern: string): NatsMoment {
  const fits = subjectPattern(pattern)
  return ({ direction, subject }) => direction === 'deliver' && fits(subject)
}

/** A consumer acknowledges a message of a stream. @param answer `+ACK`, `-NAK`, `+TERM`, or `+WPI` for a sign of life */
export function acknowledging(stream: string, answer: '+ACK' | '-NAK' | '+TERM' | '+WPI'): NatsMoment {
  // Since nats-server 2.15 domain and account may stand before the stream.
  const named = new RegExp(`^\\$JS\\.ACK\\.(?:[^.]+\\.[^.]+\\.)?${stream}\\.`)
  return ({ direction, subject, payload }) =>
    direction === 'publish' && named.test(subject) && Buffer.from(payload).toString('utf8').startsWith(answer)
}

/** @param moment counted from 1 @returns fits the n-th message of those that fit */
export function nth(n: number, moment: NatsMoment): NatsMoment {
  let seen = 0
  return message => moment(message) && ++seen === n
}

/** @returns whether a subject fits a pattern: `*` is one token, `>` at the end is one or more */
export function subjectPattern(pattern: string): (subject: string) => boolean {
  const tokens = pattern.split('.').map(token => {
    if (token === '*') return '[^.]+'
    if (token === '>') return '.+'
    return token.replaceAll(/[$^\\.+?()[\]{}|]/g, '\\$&')
  })
  const regex = new RegExp(`^${tokens.join('\\.')}$`)
  return subject => regex.test(subject)
}
