export { type BackoffPolicy, backoffDelay } from './backoff.ts'
export { formatByteSize, parseByteSize } from './byteSize.ts'
export { type CommandSettings, loadCommandSettings } from './connector/commandSettings.ts'
export { contractAddress, contractDomains, type GatewayLoaded } from './connector/contracts.ts'
export { byEventType, byResponseType, eventType } from './connector/earlierLabels.ts'
export { LEGACY_NAMES } from './connector/legacyNames.ts'
export { type ListenerSettings, listenerSettings } from './connector/listenerSettings.ts'
export { type BrokerLoaded, openBroker, openConnection, topologySettings } from './connector/openBroker.ts'
export { openCommandBroker, openCommandGateway } from './connector/openForCommand.ts'
export { openRpcPool, type RpcEndpoints } from './connector/openRpcPool.ts'
export { type RpcMetrics, rpcMetrics } from './connector/rpcMetrics.ts'
export { type SenderSettings, senderSettings } from './connector/senderSettings.ts'
export { CONNECTOR_VARIABLES } from './connector/siblings.ts'
export { checkContracts, checkDomains, checkRegistration } from './connector/startUpChecks.ts'
export { type StatusSettings, statusSettings } from './connector/statusSettings.ts'
export { type WalletLoaded, walletSources } from './connector/walletSettings.ts'
export { type WorkerSettings, workerSettings } from './connector/workerSettings.ts'
export { withDeadline } from './deadline.ts'
export { formatDuration, parseDuration } from './duration.ts'
export { EXIT, type ExitCode, exitCodeOf } from './exitCode.ts'
export { type FaultRecord, faultRecord, faultText } from './faultRecord.ts'
export { healthUrlOf, probeHealth } from './healthProbe.ts'
export { type HttpServer, jsonPage, type Page, type PageSource, serveHttp } from './httpServer.ts'
export { createLimit, type Limit, type LimitOptions } from './limit.ts'
export { type Heartbeat, Liveness, type LoopState } from './liveness.ts'
export { createLogger, type Logger, type LoggerOptions, loggerOfRequest, type RequestFields } from './logger.ts'
export { type LoopOptions, runLoop } from './loop.ts'
export type { LabelValues, MetricAlias } from './metricAlias.ts'
export { type MetricDeclaration, type MetricType, metricNameFault } from './metricNames.ts'
export {
  BUCKETS_BATCH,
  BUCKETS_BYTES,
  BUCKETS_FAR,
  BUCKETS_LONG,
  BUCKETS_NEAR,
  BUCKETS_REQUEST,
  createMetrics,
  type DeclaredMetric,
  type GaugeDeclaration,
  type Identity,
  type Metrics,
} from './metrics.ts'
export { type Monitored, monitoringPages, type StatusSource } from './monitoringPages.ts'
export { MALLOC_ENVIRONMENT, youngGenerationFlag } from './processMemory.ts'
export { LOG_LEVELS, type ProcessSettings, type ProcessShape, processSettings } from './processSettings.ts'
export { type Check, type CheckResult, Readiness, type ReadinessReport } from './readiness.ts'
export { createRedactor, displayUrl } from './redact.ts'
export { type RetryOptions, retry } from './retry.ts'
export { runAsProcess, runService, type Surroundings } from './runService.ts'
export { REDACTED, Secret } from './secret.ts'
export type { ServiceContext, ServiceDefinition } from './service.ts'
export {
  address,
  bytes,
  choice,
  type Declaration,
  duration,
  endpoint,
  flag,
  type Group,
  group,
  integer,
  integerOr,
  type List,
  type Loaded,
  list,
  type Node,
  optional,
  path,
  type SecretDeclaration,
  type Setting,
  type Shape,
  secretHex,
  secretText,
  setting,
  text,
  textList,
  url,
  urlList,
  urls,
} from './settings/declare.ts'
export { describeSettings, type SettingDescription } from './settings/describe.ts'
export type { Environment } from './settings/environment.ts'
export { renderExampleToml } from './settings/exampleToml.ts'
export { explain, renderExplanation, renderInFull } from './settings/explain.ts'
export { type Kind, Mismatch, quoted, textKind, type WrittenValue } from './settings/kind.ts'
export {
  type Alias,
  atMost,
  type Conversion,
  type LegacyName,
  legacyVariable,
  type Retired,
  scaled,
} from './settings/legacy.ts'
export { type LoadedSettings, type LoadOptions, loadSettings } from './settings/load.ts'
export type { SettingEntry } from './settings/reading.ts'
export { defineSettings, ENV_PREFIX, type Rule, type Schema, variableName, variablesOf } from './settings/schema.ts'
export type { Endpoint } from './settings/textKinds.ts'
export { sensitivePaths, type TableSchema, valuesSchema } from './settings/valuesSchema.ts'
export { runStages, type Stage } from './shutdown.ts'
export { sleep } from './sleep.ts'
export { inSpan, NO_TRACING, type Span, type SpanAttributes, type SpanOptions, type Tracing } from './tracing.ts'
