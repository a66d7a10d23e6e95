export {
  APPLICATION,
  COPROCESSORS,
  type CoprocessorAccount,
  DELEGATE,
  DELEGATOR,
  type DevAccount,
  USER,
} from './accounts.ts'
export {
  type DevnetChain,
  type DevnetChains,
  type DevnetContracts,
  GATEWAY_CHAIN_ID,
  HOST_CHAIN_ID,
} from './chains.ts'
export type { Connector } from './connector.ts'
export { type DevnetOptions, type Thresholds, thresholdsOf, type Variables } from './devnetOptions.ts'
export type { NodeCore } from './nodeCore.ts'
export { type Devnet, type DevnetNode, startDevnet, underKey } from './startDevnet.ts'
