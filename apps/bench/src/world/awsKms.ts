import { readFile } from 'node:fs/promises'
import { AWS_CREDENTIALS, ServiceProcess, type Teardown } from '@kms-connector/devnet'
import type { Hex } from '@kms-connector/protocol'
import { announcedUrl, programOf } from './programs.ts'

/** An AWS KMS as a process of its own, which holds the key of the wallet. */
export interface BenchAwsKms {
  readonly process: ServiceProcess
  readonly url: string
  readonly keyId: string
  readonly region: string
  /** Variables by which the AWS SDK finds credentials, and nothing else of this machine. */
  readonly environment: Readonly<Record<string, string>>
}

const REGION = 'eu-west-1'

export async function startBenchAwsKms(privateKey: Hex, logFile: string, teardown: Teardown): Promise<BenchAwsKms> {
  const process = await ServiceProcess.spawn({
    name: 'aws-kms',
    entry: programOf('stubs/awsKmsStub'),
    args: [],
    env: { KMS_BENCH_WALLET_KEY: privateKey },
    logFile,
    urlOf: announcedUrl,
  })
  teardown.add('AWS KMS', () => process.stop())
  const { url = '' } = await process.ready()
  const keyId = /"key":"([^"]+)"/.exec(await readFile(logFile, 'utf8'))?.[1]
  if (keyId === undefined) throw new Error('the AWS KMS stub names no key')
  const environment = {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    AWS_ACCESS_KEY_ID: AWS_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: AWS_CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: AWS_CREDENTIALS.sessionToken,
  }
  return { process, url, keyId, region: REGION, environment }
}
