import type { Check } from './check.ts'
import { bucketsRegistered } from './checks/bucketsRegistered.ts'
import { contractsDomain } from './checks/contractsDomain.ts'
import { contractsHosts } from './checks/contractsHosts.ts'
import { contractsNode } from './checks/contractsNode.ts'
import { contractsVersion } from './checks/contractsVersion.ts'
import { coreHealth } from './checks/coreHealth.ts'
import { coreKeys } from './checks/coreKeys.ts'
import { endpointsChain } from './checks/endpointsChain.ts'
import { endpointsFinality } from './checks/endpointsFinality.ts'
import { endpointsHead } from './checks/endpointsHead.ts'
import { endpointsLogs } from './checks/endpointsLogs.ts'
import { endpointsSyncSend } from './checks/endpointsSyncSend.ts'
import { endpointsTrace } from './checks/endpointsTrace.ts'
import { natsAckPending } from './checks/natsAckPending.ts'
import { natsHeadroom } from './checks/natsHeadroom.ts'
import { natsMemory } from './checks/natsMemory.ts'
import { natsReachable } from './checks/natsReachable.ts'
import { natsReplicas } from './checks/natsReplicas.ts'
import { natsStorage } from './checks/natsStorage.ts'
import { natsTopology } from './checks/natsTopology.ts'
import { natsVersion } from './checks/natsVersion.ts'
import { natsWhole } from './checks/natsWhole.ts'
import { natsWorkers } from './checks/natsWorkers.ts'
import { pipelineCheckpoint } from './checks/pipelineCheckpoint.ts'
import { pipelineClock } from './checks/pipelineClock.ts'
import { pipelineCursor } from './checks/pipelineCursor.ts'
import { pipelineLease } from './checks/pipelineLease.ts'
import { pipelineLetters } from './checks/pipelineLetters.ts'
import { settingsComplete } from './checks/settingsComplete.ts'
import { settingsNames } from './checks/settingsNames.ts'
import { settingsWallet } from './checks/settingsWallet.ts'
import { walletBalance } from './checks/walletBalance.ts'
import { walletNonce } from './checks/walletNonce.ts'

/** Every check, in the order of the report. */
export const CHECKS: readonly Check[] = [
  settingsComplete,
  settingsNames,
  settingsWallet,
  natsAckPending,
  natsHeadroom,
  natsMemory,
  natsReachable,
  natsReplicas,
  natsStorage,
  natsTopology,
  natsWhole,
  natsVersion,
  natsWorkers,
  endpointsChain,
  endpointsFinality,
  endpointsHead,
  endpointsLogs,
  endpointsSyncSend,
  endpointsTrace,
  contractsDomain,
  contractsHosts,
  contractsNode,
  contractsVersion,
  coreHealth,
  coreKeys,
  bucketsRegistered,
  walletBalance,
  walletNonce,
  pipelineCheckpoint,
  pipelineClock,
  pipelineCursor,
  pipelineLease,
  pipelineLetters,
]
