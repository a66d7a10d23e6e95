import type { Dispatcher } from 'undici'

/** One HTTP exchange without the streams of `request`, which cost more than the exchange. @throws Error unless it answers 200 */
export function httpDispatch(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let status = 0
  dispatcher.dispatch(options, {
    onRequestStart() {},
    onResponseStart(_controller, code) {
      status = code
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk)
    },
    onResponseEnd() {
      const [only] = chunks
      if (status === 200) resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks))
      else reject(new Error(`HTTP ${status}`))
    },
    onResponseError(_controller, fault) {
      reject(fault)
    },
  })
  return promise
}
