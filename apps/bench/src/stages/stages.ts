import { checkAccess } from './checkAccess.ts'
import { consumeRequests } from './consumeRequests.ts'
import { decodeLogs } from './decodeLogs.ts'
import { fetchCiphertexts } from './fetchCiphertexts.ts'
import { publishRequests } from './publishRequests.ts'
import { publishResponses } from './publishResponses.ts'
import { settleTransactions } from './settleTransactions.ts'
import { signTransactions } from './signTransactions.ts'
import type { Stage } from './stage.ts'
import { storeSlots } from './storeSlots.ts'
import { submitAndPoll } from './submitAndPoll.ts'
import { submitTransactions } from './submitTransactions.ts'
import { verifyAnswers } from './verifyAnswers.ts'

const MB = 1_000_000

/** The way of a request, step by step. */
export const STAGES: readonly Stage[] = [
  decodeLogs,
  publishRequests,
  consumeRequests,
  checkAccess,
  fetchCiphertexts('5 KB', 5_000),
  fetchCiphertexts('50 KB', 50_000),
  fetchCiphertexts('1 MB', MB),
  submitAndPoll('5 KB', 5_000),
  submitAndPoll('50 KB', 50_000),
  verifyAnswers,
  publishResponses,
  signTransactions(false),
  signTransactions(true),
  storeSlots,
  submitTransactions,
  settleTransactions,
]
