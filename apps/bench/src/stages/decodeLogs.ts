import { decodeLog } from '@kms-connector/gateway'
import { decodeEventLog } from 'viem'
import type { Stage } from './stage.ts'

/** From the log of an event to what the request asks for. */
export const decodeLogs: Stage = {
  name: 'decode logs',
  sides: {
    async bound(setup) {
      const logs = await setup.logs()
      const abi = [setup.operation.event]
      return {
        lanes: 1,
        async step() {
          for (const { data, topics } of logs) {
            const [first, ...rest] = topics
            decodeEventLog({ abi, data, topics: first ? [first, ...rest] : [] })
          }
          return logs.length
        },
      }
    },
    async achieved(setup) {
      const { config, table } = setup
      const logs = await setup.logs()
      return {
        lanes: 1,
        async step() {
          for (const log of logs) decodeLog(table, config.chainId, log)
          return logs.length
        },
      }
    },
  },
}
