import { contractSettings } from './gatewaySettings.ts'

/** Where the nodes and coprocessors of the network are registered, ours among them. For the services that look there. */
export const nodeSettings = {
  gateway_config_contract: contractSettings('GatewayConfig'),
} as const
