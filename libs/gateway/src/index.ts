export { type BlockHeader, type BlockTag, fetchHeader } from './block.ts'
export { expectChainId, expectContract } from './chainIdentity.ts'
export { type RevertMeaning, revertMeaning } from './contractErrors.ts'
export { type DecodedLog, decodeLog } from './decodeLog.ts'
export { GatewayConfig } from './gatewayConfig.ts'
export { HostAcl } from './hostAcl.ts'
export { fetchLogs, type LogFilter, type RawLog } from './rawLog.ts'
export { recoverSigner, typedDataDigest } from './recoverSigner.ts'
export {
  decodeUserDecryptionCalldata,
  fetchUserDecryptionCalldata,
  type UserDecryptionCalldata,
} from './requestCalldata.ts'
export { Rpc, type RpcOptions } from './rpc.ts'
export { RpcError, rejected } from './rpcError.ts'
