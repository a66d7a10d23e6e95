import { type ExitCode, runService } from '@kms-connector/service-kit'

interface ServiceEntry {
  readonly name: string
  readonly describe: string
  /** Loads only this service: a sender must not carry the memory of a worker. */
  readonly load: () => Promise<(argv: readonly string[]) => Promise<ExitCode>>
}

/** The services that the front door knows. */
export const SERVICES: readonly ServiceEntry[] = [
  {
    name: 'gw-listener',
    describe: 'reads requests from the Gateway chain and publishes them',
    load: async () => {
      const { gwListener } = await import('@kms-connector/gw-listener')
      return argv => runService(gwListener, argv)
    },
  },
  {
    name: 'kms-worker',
    describe: 'has the KMS Core answer requests; run as many as needed',
    load: async () => {
      const { kmsWorker } = await import('@kms-connector/kms-worker')
      return argv => runService(kmsWorker, argv)
    },
  },
  {
    name: 'tx-sender',
    describe: 'sends the answers to the Gateway chain; run one, or a second as standby',
    load: async () => {
      const { txSender } = await import('@kms-connector/tx-sender')
      return argv => runService(txSender, argv)
    },
  },
  {
    name: 'request-status',
    describe: 'answers where a request stands, from the streams; optional, run any number',
    load: async () => {
      const { requestStatus } = await import('@kms-connector/request-status')
      return argv => runService(requestStatus, argv)
    },
  },
]
