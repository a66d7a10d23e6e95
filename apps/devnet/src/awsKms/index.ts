export type { KmsKey, KmsKeyOptions } from './awsKmsKeys.ts'
export {
  AwsKmsServer,
  CREDENTIALS,
  type InjectedFault,
  type KmsServerOptions,
  startAwsKmsServer,
} from './awsKmsServer.ts'
export { type AwsCredentials, AwsError } from './signatureV4.ts'
