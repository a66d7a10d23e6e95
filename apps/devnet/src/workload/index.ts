export { auditChain, auditNode, type NodeAudit, readWhereabouts, shortId } from './audit.ts'
export { auditKeys, keyAnswersOf } from './auditKeys.ts'
export {
  allow,
  type Ciphertext,
  type CiphertextWorld,
  commit,
  delegate,
  encrypt,
  newHandle,
  type PreparedRequest,
  prepareRequests,
  upload,
} from './ciphertexts.ts'
export { type AnswerWorld, type Judgement, judgeAnswer } from './judgeAnswer.ts'
export {
  type CeremonyOptions,
  KEY_OPERATIONS,
  type KeyCeremony,
  type KeyOperation,
  type KeyStep,
  runKeyCeremony,
} from './keyCeremony.ts'
export { type PlannedRequest, type PlannedValue, REQUEST_KINDS, type RequestKind } from './order.ts'
export { type PendingRequest, placeRequest } from './placeRequest.ts'
export { maxOf, planForNewKey, planRequests } from './planRequests.ts'
export { operationOf, type Whereabouts, whereabouts, whereaboutsOf, whereaboutsText } from './whereabouts.ts'
