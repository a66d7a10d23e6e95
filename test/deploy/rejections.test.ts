import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withMinimal } from './cases.ts'
import { helmBinary, runHelm, type Values } from './chart.ts'

const skip = helmBinary() ? false : 'helm cannot be had here'

/** What an operator may get wrong, and the words of the refusal that lead to it. */
const REFUSED: readonly (readonly [string, Values, RegExp])[] = [
  ['a misspelt value', { gwListner: {} }, /gwListner/],
  ['a misspelt value below', { kmsWorker: { replica: 3 } }, /replica/],
  ['a misspelt setting', { common: { settings: { gateway_urll: 'https://x' } } }, /gateway_urll/],
  [
    'a setting of another service',
    { gwListener: { settings: { kms_core_endpoints: ['http://x'] } } },
    /kms_core_endpoints/,
  ],
  ['a setting that is too large', { kmsWorker: { settings: { max_in_flight: 1_000_000 } } }, /max_in_flight/],
  ['a setting of the wrong type', { common: { settings: { gateway_timeout: 5 } } }, /gateway_timeout/],
  ['a duration without unit', { common: { settings: { gateway_timeout: '5' } } }, /gateway_timeout/],
  ['a URL that is none', { common: { settings: { nats_url: ['nats.example'] } } }, /nats_url/],
  ['an address that is none', { kmsWorker: { settings: { wallet_address: '0x1' } } }, /wallet_address/],
  ['a word that is not offered', { common: { settings: { log_level: 'loud' } } }, /log_level/],
  ['a secret in plain sight', { txSender: { settings: { private_key: '11'.repeat(32) } } }, /private_key/],
  ['a password in plain sight', { common: { settings: { nats_password: 'x' } } }, /nats_password/],
  ['a secret without its key', { common: { secretSettings: { gateway_url: { name: 'rpc' } } } }, /key/],
  [
    'a port the chart has to know',
    { gwListener: { settings: { monitoring_endpoint: '0.0.0.0:1' } } },
    /monitoring_endpoint/,
  ],
  ['an unknown network', { network: 'moonnet' }, /network/],
  ['three senders', { txSender: { replicas: 3 } }, /replicas/],
  ['a digest that is none', { image: { digest: 'latest' } }, /digest/],
  ['two wallets', { txSender: { wallet: { privateKey: { name: 'a', key: 'b' } } } }, /exactly one of awsKms/],
  ['no wallet', { txSender: { wallet: { awsKms: null } } }, /exactly one of awsKms/],
  [
    'two autoscalers',
    { kmsWorker: { autoscaling: { enabled: true }, keda: { enabled: true } } },
    /one of autoscaling and keda/,
  ],
  ['a range upside down', { kmsWorker: { keda: { enabled: true, minReplicas: 9 } } }, /minReplicas is above/],
  ['two owners of the streams', { nats: { controllerResources: { enabled: true } } }, /topologyJob.enabled to false/],
  ['two identities', { nats: { nkeySecret: 'a', credentialsSecret: 'b' } }, /one of nkeySecret and credentialsSecret/],
  ['no RPC endpoint', { common: { settings: { gateway_url: null } } }, /needs the setting gateway_url/],
  ['no Core', { kmsWorker: { settings: { kms_core_endpoints: null } } }, /needs the setting kms_core_endpoints/],
  ['no host chain', { hostChains: null }, /hostChains \(with the urls/],
  ['a host chain nobody knows', { hostChains: { gnosis: { url: 'https://x' } } }, /knows no chain of this name/],
]

for (const [what, values, words] of REFUSED) {
  test(`refuses ${what} and names it`, { skip }, () => {
    const { ok, stderr } = runHelm(['template', 'prod'], withMinimal(values))
    assert.equal(ok, false)
    assert.match(stderr, words)
  })
}
