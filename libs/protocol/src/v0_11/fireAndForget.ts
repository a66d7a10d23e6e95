import type { Operation } from '../operation.ts'

/** The half of an operation that one without an on-chain answer never reaches. */
export const fireAndForget: Pick<Operation<unknown, never>, 'answer' | 'fromCore' | 'signed' | 'signature' | 'call'> = {
  answer: undefined,
  fromCore: unanswered,
  signed: unanswered,
  signature: unanswered,
  call: unanswered,
}

function unanswered(): never {
  throw new TypeError('this operation has no answer')
}
