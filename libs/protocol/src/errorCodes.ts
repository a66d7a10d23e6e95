import { checkErrors } from './errors/checkErrors.ts'
import { ciphertextErrors } from './errors/ciphertextErrors.ts'
import { coreErrors } from './errors/coreErrors.ts'
import { devnetErrors } from './errors/devnetErrors.ts'
import type { ErrorEntry } from './errors/errorEntry.ts'
import { listenerErrors } from './errors/listenerErrors.ts'
import { messageErrors } from './errors/messageErrors.ts'
import { processErrors } from './errors/processErrors.ts'
import { senderErrors } from './errors/senderErrors.ts'
import { startUpErrors } from './errors/startUpErrors.ts'

/**
 * Every fault the connector can name. One table, so that code, logs, dead letters and the error reference in the
 * documentation can never disagree.
 */
export const ERRORS = {
  ...startUpErrors,
  ...listenerErrors,
  ...messageErrors,
  ...checkErrors,
  ...ciphertextErrors,
  ...coreErrors,
  ...senderErrors,
  ...processErrors,
  ...devnetErrors,
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** The same table in the order of a request's journey, for the reference. */
export const ERROR_GROUPS: readonly {
  readonly title: string
  readonly errors: Readonly<Record<string, ErrorEntry>>
}[] = [
  { title: 'Settings and start-up', errors: startUpErrors },
  { title: 'Reading the chain', errors: listenerErrors },
  { title: 'Messages on streams', errors: messageErrors },
  { title: 'Checks before work', errors: checkErrors },
  { title: 'Ciphertexts', errors: ciphertextErrors },
  { title: 'KMS Core', errors: coreErrors },
  { title: 'Sending answers', errors: senderErrors },
  { title: 'Every process', errors: processErrors },
  { title: 'Devnet and the unexpected', errors: devnetErrors },
]

export type { Disposition } from './errors/errorEntry.ts'
