import { type ErrorEntry, entry } from './errorEntry.ts'

/** Messages on streams. */
export const messageErrors = {
  MESSAGE_MALFORMED: entry(
    'dead',
    'A message body is not what its schema says.',
    'Find out who wrote it; only the connector writes to these streams.',
  ),
  MESSAGE_VERSION_UNKNOWN: entry(
    'dead',
    'A message carries a schema version this build does not know.',
    'Upgrade this process, then replay the dead letter.',
  ),
  MESSAGE_TOO_LARGE: entry(
    'dead',
    'A message is larger than the stream accepts.',
    'Raise `max_msg_size` of the stream and `max_payload` of the server, then replay the dead letter.',
  ),
  BROKER_UNAVAILABLE: entry(
    'retry',
    'The broker did not confirm an operation.',
    'Check the NATS server; nothing is lost, the operation is repeated.',
  ),
  STREAM_FULL: entry(
    'retry',
    'A stream reached its byte limit and refuses new messages.',
    'Raise the size of the stream or shorten its age below `streams` in the settings; publishing continues by itself.',
  ),
} as const satisfies Record<string, ErrorEntry>
