import { type ErrorEntry, entry } from './errorEntry.ts'

/** Every process. */
export const processErrors = {
  QUEUE_FULL: entry(
    'retry',
    'A bounded queue inside the connector is full.',
    'More arrives than is worked off; add workers or raise the limit named in the message.',
  ),
  LOOP_DEAD: entry(
    'retry',
    'A loop of this process stopped working.',
    'The process restarts itself; report it with the log if it repeats.',
  ),
  MONITORING_UNAVAILABLE: entry(
    'retry',
    'The monitoring server could not listen.',
    'Choose a free address in `monitoring_endpoint`.',
  ),
  STATUS_ENDPOINT_UNAVAILABLE: entry(
    'retry',
    'The request status server could not listen.',
    'Choose a free address in `request_status_endpoint`.',
  ),
} as const satisfies Record<string, ErrorEntry>
