import type { Message } from '@bufbuild/protobuf'
import { openChannel } from './channel.ts'
import { type CompleteOptions, type CoreClientOptions, DEFAULTS } from './coreClientOptions.ts'
import { type Core, CoreRun, type CoreWork } from './coreRun.ts'
import { parseEndpoints } from './endpoint.ts'
import { type CoreHealth, checkHealth } from './health.ts'
import { heldKeys } from './heldKeys.ts'
import { shardOf } from './shard.ts'

/**
 * Client of one node's KMS Core, or of several that share the work by request id.
 *
 * The number of `run` calls in flight is the caller's to limit. Connections open on first use, survive restarts of the
 * Core, and end with {@link CoreClient.close}.
 */
export class CoreClient {
  readonly #options: CompleteOptions
  readonly #cores: readonly Core[]

  /** @throws ConnectorError SETTINGS_INVALID when an endpoint or the TLS material cannot be used */
  constructor(options: CoreClientOptions) {
    const all = { ...DEFAULTS, ...options }
    const tls = typeof all.tls === 'function' ? all.tls() : all.tls
    const channel = { tls: all.tls, connectTimeoutMs: all.connectTimeoutMs, maxMessageBytes: all.maxMessageBytes }
    this.#options = all
    this.#cores = parseEndpoints(all.endpoints, tls).map((origin, shard) => ({
      shard,
      origin,
      submits: openChannel(origin, channel),
      polls: openChannel(origin, channel),
    }))
  }

  /** Origins of the Cores; the index is the shard. */
  get endpoints(): readonly string[] {
    return this.#cores.map(({ origin }) => origin)
  }

  /**
   * Submits a request and waits for its result.
   *
   * Safe to repeat for the same id at any time: the Core computes an id once and answers later submits with
   * ALREADY_EXISTS, which counts as accepted.
   * @param signal ends the wait; the Core goes on computing
   * @returns result message of the poll RPC; undefined when `work.poll` is
   * @throws ConnectorError `CORE_PENDING` when the budget is used up or `signal` fired (retry with `resume`), or what
   *   {@link codeToFault} makes of the status; errors of `work.build` unchanged
   */
  async run(work: CoreWork, signal: AbortSignal): Promise<Message | undefined> {
    const core = this.#core(shardOf(work.shardId, this.#cores.length))
    const run = new CoreRun(this.#options, core, work, signal)
    if (work.poll === undefined || !work.resume) await run.submit()
    return work.poll === undefined ? undefined : run.poll(work.poll)
  }

  /**
   * Asks a Core through the gRPC health protocol whether it serves `kms_service.v1.CoreServiceEndpoint`. A threshold
   * Core says NOT_SERVING until its PRSS set-up exists. A Core that cannot be asked is an answer, not an error.
   * @param shard index in {@link CoreClient.endpoints}
   * @throws RangeError for an index without a Core
   */
  health(shard: number, signal?: AbortSignal): Promise<CoreHealth> {
    const core = this.#core(shard)
    return checkHealth(core.origin, core.polls.transport, this.#options.healthTimeoutMs, signal)
  }

  /**
   * Asks a Core which FHE keys it holds.
   * @param shard index in {@link CoreClient.endpoints}
   * @throws ConnectorError as {@link codeToFault} says; RangeError for an index without a Core
   */
  keyIds(shard: number, signal?: AbortSignal): Promise<readonly string[]> {
    return heldKeys(this.#core(shard).polls.transport, this.#options.healthTimeoutMs, signal)
  }

  /** Ends all connections and all calls on them. A later call would open them again. */
  close(): void {
    for (const { submits, polls } of this.#cores) {
      submits.close()
      polls.close()
    }
  }

  #core(shard: number): Core {
    const core = this.#cores[shard]
    if (!core) throw new RangeError(`there is no KMS Core ${shard}`)
    return core
  }
}
