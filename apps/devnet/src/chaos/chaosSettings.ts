import type { Variables } from '../devnet/index.ts'
import { CONFIRMATIONS } from './schedule.ts'

/** Settings that must be the same in all services. Everything that is waited for is short, so that a seed is. */
const ALL: Variables = {
  STREAMS__ACK_WAIT: '3s',
  STREAMS__SENDER_LEASE_AGE: '2s',
  GATEWAY_TIMEOUT: '2s',
  RPC_PROBE_INTERVAL: '1s',
  SHUTDOWN_TIMEOUT: '4s',
}

export const CHAOS_SETTINGS: Readonly<Record<'listener' | 'worker' | 'sender', Variables>> = {
  // An endpoint may leave out logs for as long as a fault lasts: what is read again reaches further back than that.
  listener: { ...ALL, KEY_MANAGEMENT_POLLING: '1s', OVERLAP_INTERVAL: '3s', OVERLAP_BLOCKS: '200' },
  worker: {
    ...ALL,
    HOST_CHAIN_TIMEOUT: '2s',
    GRPC_SUBMIT_TIMEOUT: '4s',
    GRPC_POLL_TIMEOUT: '6s',
    GRPC_POLL_BUDGET: '15s',
    S3_GET_TIMEOUT: '3s',
    S3_FETCH_TIMEOUT: '8s',
    MAX_IN_FLIGHT: '64',
  },
  // A window that a short run can fill.
  sender: {
    ...ALL,
    MAX_OPEN_TRANSACTIONS: '32',
    CONFIRMATIONS: String(CONFIRMATIONS),
    RESEND_AFTER: '2s',
    PARK_PAUSE: '2s',
  },
}

/** Longest poll of the development Core, below the deadline of the workers. */
export const LONG_POLL_MS = 3_000
