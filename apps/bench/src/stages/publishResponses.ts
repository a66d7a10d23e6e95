import { encodeResponse } from '@kms-connector/protocol'
import { messageId, newTrace, publishOnce, responseSubject, traceHeaders } from '@kms-connector/streams'
import { ANSWER } from './someAnswer.ts'
import type { Stage } from './stage.ts'
import { firstRequest } from './submitAndPoll.ts'

const UNDER_WAY = 64

/** From a verified answer to the acknowledgement of the broker. */
export const publishResponses: Stage = {
  name: 'publish response',
  sides: {
    async bound(setup) {
      const jetstream = (await setup.nats()).jetstream()
      return {
        lanes: UNDER_WAY,
        async step() {
          const id = setup.nextId()
          const { decryptedResult: result, signature, extraData } = ANSWER
          const body = JSON.stringify({ v: 1, id, result, signature, extraData })
          await jetstream.publish(`bare.response.${id}`, Buffer.from(body), { msgID: id })
          return 1
        },
      }
    },
    async achieved(setup) {
      const { operation } = setup
      const broker = await setup.broker()
      const { origin } = await firstRequest(setup)
      return {
        lanes: UNDER_WAY,
        async step() {
          const id = setup.nextId()
          const body = encodeResponse({ operation, id, origin, answer: ANSWER, answeredAt: Date.now() })
          const options = { msgId: messageId(id), headers: traceHeaders(newTrace(), id) }
          await publishOnce(broker, responseSubject(operation, id), body, options)
          return 1
        },
      }
    },
  },
}
