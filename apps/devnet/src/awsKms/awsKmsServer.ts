// AWS KMS over HTTP as far as a wallet sees it: the JSON 1.1 protocol with GetPublicKey, Sign and DescribeKey, verified
// signatures of requests, and the errors of the real service. Faults and latency are injected.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKmsKey, describeKey, getPublicKey, type KmsKey, type KmsKeyOptions, sign } from './awsKmsKeys.ts'
import { type AwsCredentials, AwsError, verifySignatureV4 } from './signatureV4.ts'

export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLEOFTHETEST',
  secretAccessKey: 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session-token-that-must-never-be-shown',
} as const

export interface InjectedFault {
  readonly error?: AwsError
  /** Raw body in place of an answer, with status 200. */
  readonly body?: string
  readonly delayMs?: number
  /** Cuts the connection. */
  readonly hangUp?: boolean
}

export interface KmsServerOptions {
  readonly credentials?: AwsCredentials
  /** Operations the caller may not use, such as `Sign`. */
  readonly denied?: readonly string[]
  /** How far the clock of the service is from ours, in ms. */
  readonly skewMs?: number
  /** @param count number of this call among those of its operation, from 1 */
  readonly fault?: (operation: string, count: number, body: string) => InjectedFault | undefined
}

export class AwsKmsServer {
  readonly region = 'eu-west-1'
  readonly options: KmsServerOptions
  readonly aliases = new Map<string, KmsKey>()
  readonly calls = new Map<string, number>()
  mostAtOnce = 0
  url = ''
  readonly #keys = new Map<string, KmsKey>()
  #running = 0

  constructor(options: KmsServerOptions) {
    this.options = options
  }

  createKey(options: KmsKeyOptions = {}): KmsKey {
    const key = createKmsKey(this.region, options)
    this.#keys.set(key.id, key)
    return key
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString()
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running)
    response.on('close', () => this.#running--)
    const now = Date.now() + (this.options.skewMs ?? 0)
    const headers = {
      date: new Date(now).toUTCString(),
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': randomUUID(),
    }
    try {
      const { credentials = CREDENTIALS } = this.options
      verifySignatureV4(request.headers, body, { region: this.region, credentials, now })
      const operation = /^TrentService\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1] ?? ''
      const fault = await this.#inject(operation, body)
      if (fault?.hangUp) return void request.socket.destroy()
      const result = fault?.body ?? JSON.stringify(this.#perform(operation, body))
      response.writeHead(200, headers).end(result)
    } catch (fault) {
      const error = fault instanceof AwsError ? fault : new AwsError('KMSInternalException', String(fault), 500)
      const text = JSON.stringify({ __type: error.name, message: error.message })
      response.writeHead(error.status, { ...headers, 'x-amzn-errortype': error.name }).end(text)
    }
  }

  async #inject(operation: string, body: string): Promise<InjectedFault | undefined> {
    const count = (this.calls.get(operation) ?? 0) + 1
    this.calls.set(operation, count)
    const fault = this.options.fault?.(operation, count, body)
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false })
    if (fault?.error) throw fault.error
    return fault
  }

  #perform(operation: string, body: string): object {
    const input = parseInput(body)
    const perform = { GetPublicKey: getPublicKey, DescribeKey: describeKey, Sign: sign }[operation]
    if (!perform) throw new AwsError('UnknownOperationException', '')
    const key = this.#find(String(input['KeyId']))
    if (this.options.denied?.includes(operation)) {
      throw new AwsError(
        'AccessDeniedException',
        `User: arn:aws:iam::111122223333:user/connector is not authorized to perform: kms:${operation} on resource: ${key.arn} because no identity-based policy allows the kms:${operation} action`,
      )
    }
    return perform(key, input)
  }

  #find(name: string): KmsKey {
    const alias = /(?:^|:)(alias\/.+)$/.exec(name)?.[1]
    const key = alias === undefined ? this.#keys.get(name.replace(/^.*:key\//, '')) : this.aliases.get(alias)
    if (key) return key
    const full = `arn:aws:kms:${this.region}:111122223333`
    throw new AwsError(
      'NotFoundException',
      alias ? `Alias ${full}:${alias} is not found.` : `Key '${full}:key/${name}' does not exist`,
    )
  }
}

function parseInput(body: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body)
  } catch {
    throw new AwsError('SerializationException', 'the body is not JSON')
  }
}

/** Starts the service on loopback. */
export async function startAwsKmsServer(
  options: KmsServerOptions = {},
): Promise<{ readonly service: AwsKmsServer; readonly stop: () => Promise<void> }> {
  const service = new AwsKmsServer(options)
  const server = createServer((request, response) => {
    service.answer(request, response).catch(() => response.destroy())
  })
  // Longer than clients keep a connection, so that none is closed under a call.
  server.keepAliveTimeout = 60_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // CAST: it listens on TCP
  service.url = `http://127.0.0.1:${port}`
  const stop = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { service, stop }
}
