import {
  OUTCOMES,
  outcomeSubject,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
} from '@kms-connector/streams'
import type { Devnet } from '../devnet/index.ts'
import { operationOf, type PendingRequest } from '../workload/index.ts'
import { bold } from './terminal.ts'

/**
 * Where everything is while it keeps running, and the commands that show it.
 * @param settingsFile variables for a shell, see writeSettingsFile
 */
export function lookAround(devnet: Devnet, example: PendingRequest | undefined, settingsFile: string): string[] {
  const { chains, contracts, s3, nodes, processes, dir, node } = devnet
  const nats = (rest: string) => `  nats --server ${node.nats.url}${keysOf(node)} ${rest}`
  return [
    bold('Everything keeps running until Ctrl-C.'),
    `  Gateway chain   ${chains.gateway.rpcUrl}  (chain ${chains.gateway.chainId}, Decryption ${contracts.gateway.decryption})`,
    `  host chain      ${chains.host.rpcUrl}  (chain ${chains.host.chainId}, ACL ${contracts.acl})`,
    `  S3              ${s3.url}`,
    ...nodes.map(({ party, nats, core }) => `  node ${party}          NATS ${nats.url}, KMS Core ${core.url}`),
    `  files and logs  ${dir}`,
    '',
    bold('Monitoring (/livez /readyz /status /metrics /version):'),
    ...processes
      .filter(({ name }) => !name.startsWith('kms-core'))
      .map(({ name, url }) => `  ${name.padEnd(16)} ${url}/metrics`),
    '',
    bold('Look around as an operator does (kms-connector is node_modules/.bin/node apps/cli/dist/main.js):'),
    `  source ${settingsFile}`,
    '  kms-connector doctor',
    `  kms-connector trace ${example?.id ?? 'ID'}`,
    '  kms-connector top',
    '',
    bold('Look around with the nats CLI:'),
    nats('stream ls'),
    nats(`stream view ${RESPONSES}`),
    nats('kv ls last_block_polled'),
    nats(`kv get last_block_polled ${chains.gateway.chainId}.public-decryption`),
    ...(example ? ['', bold('Follow one request through the three streams:'), ...follow(example).map(nats)] : []),
  ]
}

/** Options with which the nats CLI acts as the operator. */
function keysOf({ observer, keysDir }: Devnet['node']): string {
  if (!observer.tls || keysDir === undefined) return ''
  const { caFile = '', certFile = '', keyFile = '' } = observer.tls
  return ` --nkey ${keysDir}/operator.nk --tlsca ${caFile} --tlscert ${certFile} --tlskey ${keyFile}`
}

function follow({ kind, id }: PendingRequest): string[] {
  const operation = operationOf(kind)
  return [
    `stream get ${requestStream(operation)} --last-for ${requestSubject(operation, id)}`,
    `stream get ${RESPONSES} --last-for ${responseSubject(operation, id)}`,
    `stream get ${OUTCOMES} --last-for ${outcomeSubject(operation, id)}`,
  ]
}
