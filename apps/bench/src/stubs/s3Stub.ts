import { createServer } from 'node:http'

/** The least that a bucket needs: PUT keeps an object and its format header, GET gives both back. For benchmarks only. */
interface Stored {
  readonly body: Buffer
  readonly format: string
}

const objects = new Map<string, Stored>()

const server = createServer((request, response) => {
  const path = request.url ?? ''
  if (request.method === 'PUT') {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      objects.set(path, { body: Buffer.concat(chunks), format: String(request.headers['x-amz-meta-ct-format']) })
      response.end()
    })
    return
  }
  const found = objects.get(path)
  if (!found) {
    response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
    return
  }
  response.writeHead(200, { 'content-length': found.body.length, 'x-amz-meta-ct-format': found.format }).end(found.body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`)
})
process.on('SIGTERM', () => process.exit(0))
