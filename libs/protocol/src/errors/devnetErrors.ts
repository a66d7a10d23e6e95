import { type ErrorEntry, entry } from './errorEntry.ts'

/** Devnet and the unexpected. */
export const devnetErrors = {
  DEVNET_PROCESS_FAILED: entry(
    'fatal',
    'A process of the devnet did not start.',
    'Read the words of the process in the message.',
  ),
  DEVNET_CALL_REVERTED: entry(
    'dead',
    'A contract of the devnet refused a call.',
    'Read the contract error in the message.',
  ),
  DEVNET_TIMEOUT: entry(
    'retry',
    'Something the devnet waited for did not happen in time.',
    'Read in the message what was awaited; a slow machine needs a longer deadline.',
  ),
  INTERNAL: entry(
    'retry',
    'An unexpected fault inside the connector.',
    'Report it with the log; the work is tried again.',
  ),
} as const satisfies Record<string, ErrorEntry>
