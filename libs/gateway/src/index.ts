export { type BlockHeader, type BlockTag, fetchHeader } from './block.ts'
export { expectChainId, expectContract } from './chainIdentity.ts'
export { type RevertMeaning, revertMeaning } from './contractErrors.ts'
export { expectDomain, expectGatewayContract } from './contractIdentity.ts'
export { type DecodedLog, decodeLog } from './decodeLog.ts'
export { FinalHead } from './finalHead.ts'
export { type Finality, parseFinality } from './finality.ts'
export { GatewayConfig } from './gatewayConfig.ts'
export { HostAcl } from './hostAcl.ts'
export { KmsGeneration } from './kmsGeneration.ts'
export { type BloomVerdict, bloomVerdict } from './logsBloom.ts'
export { expectRegistered } from './nodeRegistration.ts'
export { isRateLimit } from './rateLimit.ts'
export { fetchLogs, type LogFilter, type RawLog } from './rawLog.ts'
export { recoverSigner } from './recoverSigner.ts'
export {
  decodeUserDecryptionCalldata,
  fetchUserDecryptionCalldata,
  type UserDecryptionCalldata,
} from './requestCalldata.ts'
export { type FinishedCall, Rpc, type RpcOptions } from './rpc.ts'
export { RpcError, rejected } from './rpcError.ts'
export { type EndpointReport, RpcPool, type RpcPoolOptions } from './rpcPool.ts'
export type { RpcReader } from './rpcReader.ts'
