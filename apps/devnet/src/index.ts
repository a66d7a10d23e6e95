export { type AwsKmsServer, CREDENTIALS as AWS_CREDENTIALS, startAwsKmsServer } from './awsKms/index.ts'
export {
  currentNatsServer,
  freePort,
  type NatsServer,
  type NatsServerBinary,
  type NatsServerOptions,
  natsServerVersions,
  startNatsServer,
} from './broker/index.ts'
export { decryptionAbi } from './chain/abi.ts'
export {
  AnswerWatch,
  type Anvil,
  type AnvilOptions,
  ChainSender,
  deployGateway,
  deployHostChain,
  devKey,
  type GatewayDeployment,
  GatewayOwner,
  HostAclOwner,
  type PlacedRequest,
  type PublicAnswer,
  Relayer,
  startAnvil,
} from './chain/index.ts'
export { signTerms, termsOf } from './chain/userRequest.ts'
export {
  type CoreOptions,
  DEV_KEY_ID,
  decryptShares,
  type Faults,
  generateUserKeys,
  type RunningCore,
  startCore,
  startCoreNetwork,
  TfheKeys,
  type UserKeyPair,
} from './core/index.ts'
export {
  APPLICATION,
  COPROCESSORS,
  DEPLOYER,
  type DevAccount,
  type Devnet,
  type DevnetChain,
  type DevnetChains,
  type DevnetContracts,
  type DevnetNode,
  type DevnetOptions,
  deployContracts,
  GATEWAY_CHAIN_ID,
  HOST_CHAIN_ID,
  nodeSigner,
  nodeWallet,
  RELAYER,
  type Service,
  servicePlan,
  startChains,
  startDevnet,
  USER,
  type Variables,
} from './devnet/index.ts'
export { type RpcProxy, startRpcProxy } from './faults/index.ts'
export { type ServiceExit, type ServicePlan, ServiceProcess, type ServiceState } from './process/serviceProcess.ts'
export { Teardown } from './process/teardown.ts'
export { type S3Options, type S3Server, s3ClientFor, startS3, uploadCiphertext } from './s3/index.ts'
export {
  judgeAnswer,
  type PendingRequest,
  type PlannedRequest,
  placeRequest,
  planRequests,
  prepareRequests,
  whereabouts,
} from './workload/index.ts'
