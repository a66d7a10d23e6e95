import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import { BROKER_IDENTITIES, natsAuthConfig } from '@kms-connector/streams'
import { brokerKeys, seedFileOf } from '../brokerKeys.ts'
import { COMMAND_EXIT, defineCommand, WrongUse } from '../command.ts'

/** The file for nats-server. */
const ACCOUNTS_FILE = 'nats-accounts.conf'

export const natsAuth = defineCommand({
  usage: '--out DIR',
  describe: `
Writes what nats-server needs to tell the services apart and to allow each what it must and nothing
else: an accounts file with public keys, to be included in its configuration, and an NKey seed for
each service, for the job that creates the streams (topology) and for people (operator).

Seeds that are in DIR already stay: run it again after an upgrade for a new accounts file. To replace
a key, delete its seed file first. Contacts nobody.`,
  options: { out: { type: 'string', value: 'DIR', describe: 'directory of the files; made when missing' } },
  async run(context, { out: dir }) {
    if (dir === undefined) throw new WrongUse('--out DIR is missing')
    const { publicKeys, made } = await brokerKeys(dir)
    const file = join(dir, ACCOUNTS_FILE)
    await writeFile(file, natsAuthConfig(new OperationTable(OPERATIONS_V0_11).all, publicKeys))
    context.print(
      `${file}: include it in the configuration of nats-server; holds no secrets`,
      ...BROKER_IDENTITIES.map(
        identity =>
          `${join(dir, seedFileOf(identity))}: ${made.includes(identity) ? 'new' : 'kept'}, a secret of ${identity}`,
      ),
      'services: nats_nkey_seed_file = their seed, streams.provision = "verify"',
      'streams:  kms-connector topology apply with the seed of topology, before the services start',
    )
    return COMMAND_EXIT.done
  },
})
