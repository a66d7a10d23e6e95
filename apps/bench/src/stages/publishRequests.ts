import { encodeRequest, type Request } from '@kms-connector/protocol'
import { messageId, newTrace, publishOnce, requestSubject, traceHeaders } from '@kms-connector/streams'
import type { Stage } from './stage.ts'

const UNDER_WAY = 256

/** From a decoded request to the acknowledgement of the broker. */
export const publishRequests: Stage = {
  name: 'publish request',
  sides: {
    async bound(setup) {
      const jetstream = (await setup.nats()).jetstream()
      const [request] = await setup.requests()
      const body = request && setup.bareRequest(request)
      return {
        lanes: UNDER_WAY,
        async step() {
          const id = setup.nextId()
          const text = JSON.stringify({ ...body, v: 1, id })
          await jetstream.publish(`bare.request.${id}`, Buffer.from(text), { msgID: id })
          return 1
        },
      }
    },
    async achieved(setup) {
      const broker = await setup.broker()
      const [placed] = await setup.requests()
      return {
        lanes: UNDER_WAY,
        async step() {
          const id = setup.nextId()
          const request = { ...placed, id } as Request // CAST: there is a placed request
          const options = { msgId: messageId(id), headers: traceHeaders(newTrace(), id) }
          await publishOnce(broker, requestSubject(setup.operation, id), encodeRequest(request), options)
          return 1
        },
      }
    },
  },
}
