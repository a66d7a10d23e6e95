export {
  AnswerWatch,
  type AnswerWatchOptions,
  type PublicAnswer,
  type PublicVote,
  type UserShare,
} from './answerWatch.ts'
export { type Anvil, type AnvilOptions, devKey, startAnvil } from './anvil.ts'
export { type ContractArtifact, type DevnetContract, readArtifact } from './artifact.ts'
export { type ChainCall, ChainSender, type ChainSenderOptions } from './chainSender.ts'
export {
  deployForwarder,
  deployGateway,
  deployHostChain,
  type GatewayDeployment,
  type GatewayPlan,
  type GatewayThresholds,
} from './deploy.ts'
export { GatewayOwner, type RegisteredCiphertext } from './gatewayOwner.ts'
export { HostAclOwner } from './hostAclOwner.ts'
export { KeyOwner, type KeyOwnerOptions, type ParamsType } from './keyOwner.ts'
export { type KeyConsensus, type KeyVote, KeyWatch } from './keyWatch.ts'
export type { LogReaderOptions } from './logReader.ts'
export type { CoprocessorEntry, KmsNodeEntry } from './registry.ts'
export { type PlacedRequest, type PublicDecryptionOrder, Relayer, type RelayerOptions } from './relayer.ts'
export type { UserDecryptionOrder } from './userRequest.ts'
