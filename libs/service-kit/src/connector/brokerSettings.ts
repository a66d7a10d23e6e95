import {
  bytes,
  choice,
  duration,
  flag,
  group,
  integer,
  optional,
  path,
  secretText,
  text,
  urlList,
} from '../settings/declare.ts'

/** How to reach NATS, and what the streams on it look like. The same in all services. */
export const brokerSettings = {
  nats_url: urlList({
    default: ['nats://127.0.0.1:4222'],
    protocols: ['nats:', 'tls:'],
    describe: 'NATS servers; several for a cluster.',
  }),
  nats_user: optional(text({ describe: 'User name at the NATS server, where it asks for one.' })),
  nats_password: optional(secretText({ describe: 'Password at the NATS server.' })),
  nats_credentials_file: optional(path({ describe: 'NATS credentials file (.creds) of this service.' })),
  nats_nkey_seed_file: optional(
    path({
      describe: 'File with the NKey seed of this service (SU...), as `kms-connector nats auth` writes it.',
    }),
  ),
  nats_inbox_prefix: optional(
    text({
      describe:
        'First part of the subjects that NATS answers this service on, where permissions ask for one, such as _INBOX_kms-worker; _INBOX without it.',
    }),
  ),
  nats_tls: optional(
    group(
      {
        ca_file: optional(path({ describe: 'Certificates of the authorities that sign the NATS servers.' })),
        cert_file: optional(path({ describe: 'Client certificate of this service.' })),
        key_file: optional(path({ describe: 'Key of the client certificate.' })),
      },
      { describe: 'TLS towards NATS.' },
    ),
  ),
  nats_behind_load_balancer: flag({
    default: false,
    describe: 'Ignore the server addresses that a NATS cluster announces, because they cannot be reached from here.',
  }),
  streams: group(
    {
      provision: choice(['manage', 'verify'], {
        default: 'manage',
        describe:
          'manage: create and update streams, consumers and buckets at start, but lower no limit so that messages are removed; verify: only compare, because something else owns them.',
      }),
      replicas: integer({
        default: 1,
        min: 1,
        max: 5,
        describe: 'Copies of every stream: 3 on a cluster, which takes nats-server 2.11 or newer.',
      }),
      decryption_age: duration({
        default: '48h',
        min: '1m',
        describe:
          'How long decryption requests are kept. Costs about 300 bytes of server memory per request, and no rescan may reach further back.',
      }),
      key_management_age: duration({
        default: '30d',
        min: '1m',
        describe: 'How long key management requests are kept.',
      }),
      response_age: duration({
        default: '48h',
        min: '1m',
        describe: 'How long answers are kept; longer than the sender may ever be down.',
      }),
      outcome_age: duration({
        default: '7d',
        min: '1m',
        describe: 'How long the outcome of a request can be looked up.',
      }),
      sender_lease_age: duration({
        default: '15s',
        min: '1s',
        max: '5m',
        describe:
          'How long the lease of a sender that died without a word keeps standbys waiting; two seconds more until one acts.',
      }),
      decryption_bytes: bytes({
        default: '4GiB',
        min: '1MiB',
        describe: 'Most bytes of one stream of decryption requests. A full stream makes the listener wait.',
      }),
      key_management_bytes: bytes({
        default: '256MiB',
        min: '1MiB',
        describe: 'Most bytes of one stream of key management requests.',
      }),
      response_bytes: bytes({
        default: '4GiB',
        min: '1MiB',
        describe: 'Most bytes of the stream of answers. A full stream makes workers wait.',
      }),
      outcome_bytes: bytes({
        default: '4GiB',
        min: '1MiB',
        describe: 'Most bytes of the stream of outcomes; the oldest go first.',
      }),
      dead_letter_bytes: bytes({ default: '1GiB', min: '1MiB', describe: 'Most bytes of the stream of dead letters.' }),
      decryption_max_ack_pending: integer({
        default: 65_536,
        min: 64,
        describe:
          'Decryptions that workers hold or have given back for a later attempt, all together: beyond it the broker delivers no new ones. ' +
          'At least max_in_flight times the number of workers, and room for what a host chain that is down leaves waiting.',
      }),
      key_management_max_ack_pending: integer({
        default: 64,
        min: 1,
        describe: 'Key operations of one kind that all workers together may hold.',
      }),
      ack_wait: duration({
        default: '60s',
        min: '1s',
        max: '1h',
        describe:
          'How long a request waits for a worker that died without a word before another one gets it. Workers show signs of life four times as often.',
      }),
    },
    { describe: 'Streams, consumers and buckets on NATS.' },
  ),
} as const
