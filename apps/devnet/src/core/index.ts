export { type NetworkOptions, type RunningCore, startCore, startCoreNetwork } from './coreServer.ts'
export type { CoreOptions } from './coreSettings.ts'
export { coreTls } from './coreTls.ts'
export type { ComputeFault, CoreWork, Faults, PollFault } from './faults.ts'
export { type BlobForm, UndecryptableError } from './tfheBlob.ts'
export { DEV_KEY_ID, TfheKeys } from './tfheKeys.ts'
export {
  decryptShares,
  generateUserKeys,
  type UserDecryptionContext,
  type UserKeyPair,
  type UserShare,
} from './userDecryptClient.ts'
