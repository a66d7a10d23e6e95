import { freePort, type NatsServer, type NatsServerOptions, startNatsServer } from './natsServer.ts'

/** nats-servers on loopback that form a cluster, each with files of its own. */
export interface NatsCluster {
  /** Addresses of all members, for clients. */
  readonly urls: readonly string[]
  readonly members: readonly NatsServer[]
  /** @param name as the server reports it, such as the leader of a stream @throws Error when it is no member */
  member(name: string): NatsServer
  /** Ends all members. */
  stop(): Promise<void>
}

/**
 * Starts a cluster and waits until every member answers. JetStream may still be electing its first leader then.
 * @param size members; 3 keep their streams when one is lost
 * @throws Error as {@link startNatsServer}; nothing is left running then
 */
export async function startNatsCluster(
  size = 3,
  options: Pick<NatsServerOptions, 'bin' | 'config'> = {},
): Promise<NatsCluster> {
  const routes = await Promise.all(Array.from({ length: size }, freePort))
  const started = await Promise.allSettled(
    routes.map((_, index) => startNatsServer({ ...options, config: memberConfig(index, routes, options.config) })),
  )
  const members = started.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async () => {
    await Promise.all(members.map(member => member.stop()))
  }
  const failed = started.find(result => result.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  return {
    urls: members.map(({ url }) => url),
    members,
    member(name) {
      const found = members[Number(name.replace('member-', '')) - 1]
      if (!found) throw new Error(`the cluster has no member "${name}"`)
      return found
    },
    stop,
  }
}

function memberConfig(index: number, routes: readonly number[], extra = ''): string {
  const all = routes.map(port => JSON.stringify(`nats-route://127.0.0.1:${port}`))
  return [
    `server_name: member-${index + 1}`,
    `cluster { name: devnet, listen: "127.0.0.1:${routes[index]}", routes: [${all.join(', ')}] }`,
    extra,
  ].join('\n')
}
