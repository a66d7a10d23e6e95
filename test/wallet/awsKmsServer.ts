import type { TestContext } from 'node:test'
import {
  type AwsCredentials,
  type AwsKmsServer,
  type KmsServerOptions,
  startAwsKmsServer,
} from '../../apps/devnet/src/awsKms/index.ts'

/** Starts an AWS KMS on loopback; stopped after the test. */
export async function startAwsKms(t: TestContext, options: KmsServerOptions = {}): Promise<AwsKmsServer> {
  const { service, stop } = await startAwsKmsServer(options)
  t.after(stop)
  return service
}

/**
 * What the AWS SDK sees of the machine during one test: these credentials, no files, no metadata service, no region.
 * Everything is put back after the test.
 */
export function awsEnvironment(t: TestContext, credentials: AwsCredentials | undefined, extra: NodeJS.ProcessEnv = {}) {
  const before = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'))
  const clear = () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  }
  clear()
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    ...extra,
  })
  if (credentials) {
    process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId
    process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey
    if (credentials.sessionToken !== undefined) process.env['AWS_SESSION_TOKEN'] = credentials.sessionToken
  }
  t.after(() => {
    clear()
    Object.assign(process.env, Object.fromEntries(before))
  })
}
