export {
  APPLICATION,
  COPROCESSORS,
  type CoprocessorAccount,
  DELEGATE,
  DELEGATOR,
  DEPLOYER,
  type DevAccount,
  nodeSigner,
  nodeWallet,
  RELAYER,
  USER,
} from './accounts.ts'
export {
  type DevnetChain,
  type DevnetChains,
  type DevnetContracts,
  deployContracts,
  GATEWAY_CHAIN_ID,
  HOST_CHAIN_ID,
  startChains,
} from './chains.ts'
export { type Connector, servicePlan } from './connector.ts'
export { type DevnetOptions, type Thresholds, thresholdsOf, type Variables } from './devnetOptions.ts'
export { corePlan, type NodeCore, TFHE_SEED } from './nodeCore.ts'
export type { Service } from './programs.ts'
export type { Surroundings } from './serviceVariables.ts'
export { type Devnet, type DevnetNode, startDevnet, underKey } from './startDevnet.ts'
