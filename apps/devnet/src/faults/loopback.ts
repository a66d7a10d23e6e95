import type { AddressInfo, Server } from 'node:net'

/**
 * Lets a server listen on a free port of loopback.
 * @returns the port
 * @throws the error of the operating system
 */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port // CAST: it listens on TCP
}
