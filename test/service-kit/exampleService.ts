// A service whose behaviour its settings choose: what the tests start as a real process.

import { ConnectorError } from '@kms-connector/protocol'
import {
  choice,
  defineSettings,
  optional,
  processSettings,
  runAsProcess,
  secretHex,
  url,
} from '@kms-connector/service-kit'

const BEHAVIOURS = [
  'work',
  'slow-stop',
  'stuck-stop',
  'broken-stop',
  'fatal-start',
  'fault-start',
  'stuck-start',
  'crash',
  'reject',
  'work-ends',
  'work-fails',
  'dead-loop',
  'unready',
] as const

const schema = defineSettings({
  ...processSettings('example'),
  behaviour: choice(BEHAVIOURS, { default: 'work', describe: 'What the process does.' }),
  gateway_url: url({ default: 'http://127.0.0.1:8545', describe: 'An endpoint.' }),
  private_key: optional(secretHex({ bytes: 32, describe: 'A key.' })),
})

const never = () => new Promise<never>(() => {})

await runAsProcess({
  name: 'example',
  version: '1.2.3',
  build: 'abc1234',
  describe: 'An example.',
  schema,
  main: async ctx => {
    const { settings, logger } = ctx
    const { behaviour } = settings
    const backoff = { firstMs: 1, maxMs: 10 }
    ctx.status('cursor', () => ({ block: 7n, key: settings.private_key }))
    ctx.readiness.add('nats', async () => {
      if (behaviour === 'unready') throw new Error('no route to nats://user:hunter22@broker:4222')
    })
    ctx.onStop('first', () => logger.info('closed first'))
    ctx.onStop('second', async () => {
      if (behaviour === 'stuck-stop') await never()
      if (behaviour === 'broken-stop') throw new Error('broken stage')
      logger.info('closed second')
    })
    ctx.loop({ name: 'poll', maxStepMs: 1_000, backoff, step: async () => (behaviour === 'dead-loop' ? never() : 20) })
    ctx.run('drain', async signal => {
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
      // The message tells the test when to send the next signal.
      logger.info('draining')
      if (behaviour === 'slow-stop') await never()
      logger.info('drained')
    })
    logger.info({ key: settings.private_key }, `the key is ${settings.private_key?.reveal()}`)
    if (behaviour === 'fatal-start') throw new ConnectorError('CHAIN_ID_MISMATCH', 'expected 1')
    if (behaviour === 'fault-start') throw new Error('no luck')
    if (behaviour === 'stuck-start') await never()
    if (behaviour === 'crash') {
      setTimeout(() => {
        throw new Error('boom')
      })
    }
    if (behaviour === 'reject') void Promise.reject(new Error('nobody listens'))
    if (behaviour === 'work-ends') ctx.run('short', async () => {})
    if (behaviour === 'work-fails') {
      ctx.run('failing', async () => {
        throw new ConnectorError('TOPOLOGY_DRIFT', 'stream X')
      })
    }
  },
})
