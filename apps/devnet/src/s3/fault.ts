import type { ServerResponse } from 'node:http'
import { errorXml } from './s3Error.ts'

/** One request as the fault hook sees it. */
export interface S3Observation {
  readonly method: string
  readonly bucket: string
  readonly key: string
}

/** How a request is made to go wrong. */
export type S3Fault =
  /** Answer normally, but only after the promise settles. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Announce the whole object, send this many bytes of it, then drop the connection. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Send the object with its first byte changed. */
  | { readonly kind: 'wrong-bytes' }
  /** Answer with this status and an XML error. */
  | { readonly kind: 'status'; readonly status: number; readonly code?: string }
  | { readonly kind: 'never-answer' }
  /** Send bytes without a length for ever. */
  | { readonly kind: 'endless-body' }
  /** Send the headers and one byte, then nothing. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'redirect'; readonly location: string }

/** Decides request by request; undefined lets the request through. */
export type S3FaultHook = (request: S3Observation) => S3Fault | undefined

/** Faults that need no object; the others change how an object is sent. */
export type AnswerFault = Extract<S3Fault, { kind: 'status' | 'never-answer' | 'endless-body' | 'redirect' }>

export function isAnswerFault(fault: S3Fault | undefined): fault is AnswerFault {
  return fault !== undefined && ['status', 'never-answer', 'endless-body', 'redirect'].includes(fault.kind)
}

/** Answers a request with nothing but a fault. */
export function answerWithFault(fault: AnswerFault, response: ServerResponse, resource: string): void {
  switch (fault.kind) {
    case 'never-answer':
      return
    case 'redirect':
      response.writeHead(307, { location: fault.location }).end()
      return
    case 'status':
      response.writeHead(fault.status, { 'content-type': 'application/xml' })
      response.end(errorXml(fault.code ?? 'InternalError', 'Injected fault.', resource))
      return
    case 'endless-body':
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      sendForEver(response)
  }
}

function sendForEver(response: ServerResponse): void {
  const block = Buffer.alloc(64 * 1024)
  const more = (): void => {
    while (!response.destroyed && response.write(block)) {
      // The socket took the block at once; the next write may fill it.
    }
  }
  response.on('drain', more)
  more()
}
