import { MINIMAL, type Values } from './chart.ts'

function merged(base: Values, over: Values): Values {
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = result[key]
    if (value === null) delete result[key]
    else result[key] = isTable(before) && isTable(value) ? merged(before, value) : value
  }
  return result
}

function isTable(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** {@link MINIMAL} and what differs from it; null takes a value away. */
export const withMinimal = (over: Values): Values => merged(MINIMAL, over)

/** Every preset and every option at least once; each has a golden render and is checked against the API definitions. */
export const CASES: Readonly<Record<string, Values>> = {
  'preset-devnet': withMinimal({ network: 'devnet', hostChains: { polygon: { url: 'https://polygon.example' } } }),
  'preset-testnet': MINIMAL,
  'preset-mainnet': withMinimal({ network: 'mainnet', hostChains: { polygon: { url: 'https://polygon.example' } } }),
  'own-network': withMinimal({
    network: '',
    common: {
      settings: {
        gateway_chain_id: 54321,
        decryption_contract: { address: `0x${'11'.repeat(20)}` },
        kms_generation_contract: { address: `0x${'22'.repeat(20)}` },
        gateway_config_contract: { address: `0x${'33'.repeat(20)}` },
      },
    },
    hostChains: {
      ethereum: { url: 'http://host:8545', chain_id: 12345, acl_address: `0x${'44'.repeat(20)}` },
    },
  }),
  'existing-nats': withMinimal({
    common: { settings: { nats_url: ['tls://a.nats.example:4222', 'tls://b.nats.example:4222'] } },
    nats: { credentialsSecret: 'nats-creds', tlsSecret: 'nats-tls', podSelector: {}, port: 4222 },
  }),
  'nats-nkeys': withMinimal({ nats: { nkeySecret: 'nats-nkeys', tlsSecret: 'nats-tls' } }),
  'nats-controller': withMinimal({
    common: { settings: { streams: { replicas: 3, decryption_age: '2d', decryption_bytes: '8GiB', ack_wait: '45s' } } },
    topologyJob: { enabled: false },
    nats: { controllerResources: { enabled: true } },
  }),
  'high-availability': withMinimal({
    gwListener: { replicas: 2 },
    kmsWorker: { replicas: 4 },
    txSender: { replicas: 2 },
    requestStatus: { enabled: true, replicas: 2 },
  }),
  'autoscaled-by-cpu': withMinimal({ kmsWorker: { autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 9 } } }),
  'autoscaled-by-lag': withMinimal({ kmsWorker: { keda: { enabled: true, natsAccount: 'KMS' } } }),
  'secrets-by-reference': withMinimal({
    common: {
      settings: { gateway_url: null },
      secretSettings: {
        gateway_url: { name: 'rpc', key: 'gateway' },
        nats_password: { name: 'nats', key: 'password' },
      },
    },
    hostChains: null,
    kmsWorker: {
      secretSettings: { host_chains: { name: 'rpc', key: 'host-chains' } },
      secretFiles: [{ secretName: 'core-tls', mountPath: '/etc/kms-connector/core' }],
    },
    txSender: {
      wallet: { awsKms: null, keystore: { secretName: 'wallet', key: 'keystore.json', passwordKey: 'password' } },
    },
  }),
  'key-in-a-secret': withMinimal({
    txSender: { wallet: { awsKms: null, privateKey: { name: 'wallet', key: 'key' } } },
  }),
  'workload-identity': withMinimal({
    txSender: { serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/kms' } } },
    networkPolicy: { egressExcept: [], metricsFrom: [{ namespaceSelector: { matchLabels: { team: 'monitoring' } } }] },
  }),
  monitored: withMinimal({
    monitoring: {
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
      prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
      dashboards: { enabled: true, annotations: { grafana_folder: 'KMS' } },
    },
  }),
  'pinned-and-placed': withMinimal({
    image: { digest: `sha256:${'ab'.repeat(32)}` },
    imagePullSecrets: [{ name: 'registry' }],
    fullnameOverride: 'kms',
    common: {
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'kms', effect: 'NoSchedule' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }],
          },
        },
      },
      priorityClassName: 'critical',
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
      podLabels: { team: 'kms' },
      podAnnotations: { note: 'x' },
    },
    networkPolicy: { enabled: false },
  }),
  'slow-settings': withMinimal({
    common: { settings: { shutdown_timeout: '2m', healthcheck_timeout: '4500ms' } },
    topologyJob: { shorten: true },
    kmsWorker: {
      topologySpreadConstraints: [
        {
          maxSkew: 2,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { a: 'b' } },
        },
      ],
    },
  }),
  'sender-only': {
    ...withMinimal({ gwListener: { enabled: false }, kmsWorker: { enabled: false } }),
    topologyJob: { enabled: false },
    hostChains: null,
  },
}
