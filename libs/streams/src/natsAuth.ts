import { nkeys } from 'nats'
import type { OperationName } from './names.ts'
import { BROKER_SERVICES, type BrokerService, type ServiceAccess, serviceAccess } from './serviceAccess.ts'

/**
 * Everybody with a key at the broker: the services, `topology` for the job that creates streams, and `operator` for
 * people, who repair what nothing else may touch.
 */
export const BROKER_IDENTITIES = ['topology', 'operator', ...BROKER_SERVICES] as const
export type BrokerIdentity = (typeof BROKER_IDENTITIES)[number]

/** An NKey: the seed belongs to its holder alone, the server knows the public half only. */
export interface NatsKey {
  /** `SU...`; a secret. */
  readonly seed: string
  /** `U...` */
  readonly publicKey: string
}

/** Account that holds JetStream with all streams. */
const HOME = 'KMS'

export function newNatsKey(): NatsKey {
  const pair = nkeys.createUser()
  return { seed: Buffer.from(pair.getSeed()).toString('ascii'), publicKey: pair.getPublicKey() }
}

/**
 * @param seed white space around it is ignored
 * @throws Error for anything that is no seed of a user; it does not repeat the text
 */
export function publicNatsKey(seed: string): string {
  const text = seed.trim()
  if (!text.startsWith('SU')) throw new Error('no NKey seed of a user')
  return nkeys.fromSeed(Buffer.from(text, 'ascii')).getPublicKey()
}

/**
 * Writes the `accounts` block of a nats-server configuration: one identity for each service, each allowed what
 * {@link serviceAccess} lists. Contains public keys only.
 *
 * Every service gets an account of its own that imports single subjects of the account with the streams. Permissions of
 * users within one account would not be enough: the server publishes the answer to any request, also the
 * acknowledgement of a stored message, to the reply subject that the client chose, without asking whether the client may
 * publish there. With the streams in the same account a worker could so write into any of them. The reply subject of an
 * imported service lies in the account of whoever asked, where no stream listens.
 *
 * Invariant: only `topology` may create or change streams and consumers, only `operator` may delete or purge them
 * (the sender may purge its own ledger of slots).
 */
export function natsAuthConfig(
  operations: readonly OperationName[],
  publicKeys: Readonly<Record<BrokerIdentity, string>>,
): string {
  const access = serviceAccess(operations)
  return [
    '# NATS accounts of the KMS Connector: one for each service, importing what it needs of the account with the streams.',
    '# Include it at the top level of the configuration of nats-server. It holds public keys only.',
    'accounts {',
    ...homeAccount(access, publicKeys),
    ...BROKER_SERVICES.flatMap(service => serviceAccount(service, access[service], publicKeys[service])),
    '}',
    '',
  ].join('\n')
}

function homeAccount(
  access: Readonly<Record<BrokerService, ServiceAccess>>,
  publicKeys: Readonly<Record<BrokerIdentity, string>>,
): string[] {
  const calls = granted(access, 'calls')
  const pulls = granted(access, 'pulls')
  const streamed = ([subject, accounts]: readonly [string, string]) =>
    `      { service: ${quoted(subject)}, response_type: stream, accounts: [${accounts}] }`
  return [
    `  ${HOME} {`,
    '    jetstream: enabled',
    '    users: [',
    `      { nkey: ${publicKeys.topology}, permissions: {`,
    `          publish: { allow: ${quoted(TOPOLOGY_MAY)} }, subscribe: "_INBOX.>" } }`,
    `      { nkey: ${publicKeys.operator} }`,
    '    ]',
    '    exports: [',
    ...calls.map(([subject, accounts]) => `      { service: ${quoted(subject)}, accounts: [${accounts}] }`),
    ...pulls.map(streamed),
    '    ]',
    '  }',
  ]
}

/** The job that creates streams touches no message. */
const TOPOLOGY_MAY = [
  '$JS.API.INFO',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.CREATE.*',
  '$JS.API.STREAM.UPDATE.*',
  '$JS.API.CONSUMER.INFO.*.*',
  '$JS.API.CONSUMER.CREATE.>',
  '$JS.API.CONSUMER.DURABLE.CREATE.*.*',
]

function serviceAccount(service: BrokerService, access: ServiceAccess, publicKey: string): string[] {
  const { calls, pulls, denied } = access
  const all = [...calls, ...pulls]
  const deny = denied.length === 0 ? '' : `, deny: ${quoted(denied)}`
  return [
    `  ${accountOf(service)} {`,
    '    users: [',
    `      { nkey: ${publicKey}, permissions: {`,
    `          publish: { allow: ${quoted(all)}${deny} }, subscribe: ["_INBOX.>", "_INBOX_${service}.>"] } }`,
    '    ]',
    '    imports: [',
    ...all.map(subject => `      { service: { account: ${HOME}, subject: ${quoted(subject)} } }`),
    '    ]',
    '  }',
  ]
}

/** Subjects with the accounts that may use them: a subject is exported once. */
function granted(
  access: Readonly<Record<BrokerService, ServiceAccess>>,
  kind: 'calls' | 'pulls',
): (readonly [subject: string, accounts: string])[] {
  const subjects = new Map<string, string[]>()
  for (const service of BROKER_SERVICES) {
    for (const subject of access[service][kind]) {
      subjects.set(subject, [...(subjects.get(subject) ?? []), accountOf(service)])
    }
  }
  return [...subjects].map(([subject, accounts]) => [subject, accounts.join(', ')])
}

const accountOf = (service: BrokerService): string => service.toUpperCase().replaceAll('-', '_')
const quoted = (value: unknown): string => JSON.stringify(value)
