import {
  listenerSettings,
  type Schema,
  senderSettings,
  sensitivePaths,
  statusSettings,
  valuesSchema,
  workerSettings,
} from '@kms-connector/service-kit'

type Shaped = Pick<Schema<never>, 'shape'>

/** A part of the schema of chart values. */
type Part = Readonly<Record<string, unknown>>

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const count = (minimum: number, maximum = 1_000_000) => ({ type: 'integer', minimum, maximum })
const name = { type: 'string', pattern: '^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$' } as const
const labels = { type: 'object', additionalProperties: text } as const
/** Passed on to Kubernetes, whose own definitions check it. */
const asIs = { type: 'object' } as const
const listAsIs = { type: 'array', items: { type: 'object' } } as const
const keyOfSecret = closed({ name: required(name), key: required(text) })
const seconds = { type: 'string', pattern: '^[0-9]+s$' } as const

interface Required {
  readonly required: Part
}
function required(part: Part): Required {
  return { required: part }
}

/** An object that refuses what it does not know. */
function closed(properties: Readonly<Record<string, Part | Required>>): Part {
  const isRequired = (part: Part | Required): part is Required => 'required' in part && !('type' in part)
  const names = Object.entries(properties).flatMap(([key, part]) => (isRequired(part) ? [key] : []))
  const plain = Object.entries(properties).map(([key, part]) => [key, isRequired(part) ? part.required : part])
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(plain),
    ...(names.length === 0 ? {} : { required: names }),
  }
}

/** What may be given empty, which turns it off. */
function orEmpty(part: Part): Part {
  return { anyOf: [{ type: 'object', maxProperties: 0 }, part] }
}

const serviceAccount = closed({ create: flag, name, annotations: labels })
const resources = closed({ requests: asIs, limits: asIs })
const disruption = closed({ enabled: flag, maxUnavailable: { type: ['integer', 'string'] } })

/** What every service has, its settings included. */
function service(schema: Shaped, maxReplicas: number, own: Readonly<Record<string, Part>> = {}): Part {
  return closed({
    enabled: flag,
    replicas: count(0, maxReplicas),
    settings: settingsOf([schema]),
    secretSettings: secrets([schema]),
    resources,
    podLabels: labels,
    podAnnotations: labels,
    serviceAccount,
    podDisruptionBudget: disruption,
    topologySpreadConstraints: listAsIs,
    ...own,
  })
}

function secrets(schemas: readonly Shaped[]): Part {
  const paths = [...new Set(schemas.flatMap(schema => sensitivePaths(schema)))].sort()
  return closed(Object.fromEntries(paths.map(path => [path, keyOfSecret])))
}

/** What the chart itself has to know: ports of containers, names of pods. */
const FIXED: ReadonlySet<string> = new Set(['monitoring_endpoint', 'request_status_endpoint', 'service_name'])

function settingsOf(schemas: readonly Shaped[]): Part {
  const properties = Object.assign({}, ...schemas.map(schema => valuesSchema(schema).properties)) as Part // CAST: of tables
  const open = Object.entries(properties).filter(([name]) => !FIXED.has(name))
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(open) }
}

const ALL: readonly Shaped[] = [listenerSettings, workerSettings, senderSettings, statusSettings]

/** Schema of the values of the Helm chart: typos are refused, settings are checked as the services will check them. */
export function chartValuesSchema(): string {
  const hostChain = closed({ url: text, chain_id: count(1, 2 ** 53 - 1), acl_address: text })
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the KMS Connector chart',
    ...closed({
      global: asIs,
      nameOverride: text,
      fullnameOverride: name,
      network: { type: 'string', enum: ['', 'devnet', 'testnet', 'mainnet'] },
      image: closed({
        repository: required({ type: 'string', minLength: 1 }),
        tag: text,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { type: 'string', enum: ['IfNotPresent', 'Always', 'Never'] },
      }),
      imagePullSecrets: listAsIs,
      common: closed({
        settings: settingsOf(ALL),
        secretSettings: secrets(ALL),
        extraEnv: listAsIs,
        podLabels: labels,
        podAnnotations: labels,
        nodeSelector: labels,
        tolerations: listAsIs,
        affinity: asIs,
        priorityClassName: name,
        userId: count(1, 2 ** 31 - 1),
      }),
      hostChains: { type: 'object', additionalProperties: hostChain },
      nats: natsValues(),
      topologyJob: closed({
        enabled: flag,
        shorten: flag,
        activeDeadlineSeconds: count(10, 86_400),
        resources,
        secretSettings: secrets(ALL),
        serviceAccount,
      }),
      gwListener: service(listenerSettings, 5),
      kmsWorker: service(workerSettings, 1_000, workerValues()),
      txSender: service(senderSettings, 2, { wallet: walletValues() }),
      requestStatus: service(statusSettings, 20),
      networkPolicy: closed({
        enabled: flag,
        metricsFrom: listAsIs,
        statusFrom: listAsIs,
        egressPorts: { type: 'array', items: count(1, 65_535) },
        egressExcept: { type: 'array', items: { type: 'string', pattern: '^[0-9.]+/[0-9]+$' } },
        extraEgress: listAsIs,
      }),
      monitoring: monitoringValues(),
    }),
  }
  return `${JSON.stringify(schema, undefined, 2)}\n`
}

function natsValues(): Part {
  return closed({
    credentialsSecret: name,
    nkeySecret: name,
    tlsSecret: name,
    controllerResources: closed({ enabled: flag }),
    podSelector: labels,
    namespaceSelector: labels,
    port: count(1, 65_535),
  })
}

function workerValues(): Readonly<Record<string, Part>> {
  const replicas = { enabled: flag, minReplicas: count(0, 1_000), maxReplicas: count(1, 1_000) }
  const stream = { type: 'string', pattern: '^[A-Z_]+$' }
  return {
    secretFiles: {
      type: 'array',
      items: closed({ secretName: required(name), mountPath: required({ type: 'string', pattern: '^/' }) }),
    },
    autoscaling: closed({
      ...replicas,
      minReplicas: count(1, 1_000),
      targetCPUUtilizationPercentage: count(1, 1_000),
      scaleDownStabilizationSeconds: count(0, 3_600),
    }),
    keda: closed({
      ...replicas,
      lagThreshold: count(1),
      pollingIntervalSeconds: count(1, 3_600),
      cooldownPeriodSeconds: count(0, 86_400),
      natsMonitoringEndpoint: text,
      natsAccount: text,
      streams: { type: 'array', minItems: 1, items: stream },
    }),
  }
}

function walletValues(): Part {
  return closed({
    awsKms: orEmpty(closed({ keyId: required({ type: 'string', minLength: 1 }), region: text })),
    keystore: orEmpty(closed({ secretName: required(name), key: required(text), passwordKey: text })),
    privateKey: orEmpty(keyOfSecret),
  })
}

function monitoringValues(): Part {
  return closed({
    serviceMonitor: closed({ enabled: flag, labels, interval: seconds, scrapeTimeout: seconds }),
    prometheusRule: closed({ enabled: flag, labels }),
    dashboards: closed({ enabled: flag, labels, annotations: labels }),
  })
}
