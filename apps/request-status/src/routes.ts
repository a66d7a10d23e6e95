import { identify, type Operation, operationOf, type RequestId } from '@kms-connector/protocol'
import { type Answer, problem } from './answers.ts'
import type { ListQuery } from './lookUp.ts'
import { type RequestState, STATES } from './requestState.ts'

export const PATHS = ['/requests', '/requests/{id}', '/requests/{id}/events', '/openapi.json'] as const
export const MAX_URL_LENGTH = 1_024
export const MAX_LIMIT = 50
const DEFAULT_LIMIT = 20
const PARAMETERS = ['operation', 'state', 'limit']

export type Route =
  | { readonly kind: 'one' | 'events'; readonly operation: Operation; readonly id: RequestId }
  | { readonly kind: 'list'; readonly query: ListQuery }
  | { readonly kind: 'openapi' }
  | { readonly kind: 'refused'; readonly answer: Answer }

/** What is looked at of a request before anything is done for it. */
export interface Question {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly hasBody: boolean
}

/** Decides what is asked, or why it is not answered. Pure and total. */
export function routeOf(operations: readonly Operation[], { method, url = '', hasBody }: Question): Route {
  if (method !== 'GET') return refused(405, 'only GET')
  if (hasBody) return refused(413, 'a question has no body')
  if (url.length > MAX_URL_LENGTH) return refused(414, `the address is longer than ${MAX_URL_LENGTH} characters`)
  const parsed = URL.parse(url, 'http://status')
  const [, head, idText, tail, ...rest] = parsed?.pathname.split('/') ?? []
  if (!parsed || rest.length > 0) return nowhere()
  if (head === 'openapi.json' && idText === undefined) return { kind: 'openapi' }
  if (head !== 'requests') return nowhere()
  if (idText === undefined || (idText === '' && tail === undefined)) return listRoute(operations, parsed.searchParams)
  if (tail !== undefined && tail !== 'events') return nowhere()
  return idRoute(operations, idText, tail === undefined ? 'one' : 'events')
}

function idRoute(operations: readonly Operation[], text: string, kind: 'one' | 'events'): Route {
  const id = identify(text)
  if (id === undefined) {
    return refused(
      400,
      `"${text.slice(0, 100)}" is no request id: 64 hex digits, with or without 0x, or a decimal uint256`,
    )
  }
  const operation = operationOf(operations, id)
  if (!operation) {
    const types = operations.flatMap(o => (o.idType === undefined ? [] : [`${o.idType} ${o.name}`])).join(', ')
    return refused(
      404,
      `no operation has ids of type ${Number.parseInt(id.slice(0, 2), 16)}; the first byte tells: ${types}`,
    )
  }
  return { kind, operation, id }
}

function listRoute(operations: readonly Operation[], parameters: URLSearchParams): Route {
  const foreign = [...parameters.keys()].find(name => !PARAMETERS.includes(name))
  if (foreign !== undefined) return refused(400, `"${foreign.slice(0, 50)}" is no parameter: ${PARAMETERS.join(', ')}`)
  const operation = operations.find(o => o.name === parameters.get('operation'))
  if (!operation) return refused(400, `operation must be one of ${operations.map(o => o.name).join(', ')}`)
  const stateText = parameters.get('state')
  const state = STATES.find(known => known === stateText)
  if (stateText !== null && !state) return refused(400, `state must be one of ${STATES.join(', ')}`)
  const limit = limitOf(parameters.get('limit'))
  if (limit === undefined) return refused(400, `limit must be a number from 1 to ${MAX_LIMIT}`)
  return { kind: 'list', query: listQuery(operation, state, limit) }
}

const listQuery = (operation: Operation, state: RequestState | undefined, limit: number) => ({
  operation,
  state,
  limit,
})

function limitOf(text: string | null): number | undefined {
  if (text === null) return DEFAULT_LIMIT
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= MAX_LIMIT ? limit : undefined
}

const refused = (status: number, error: string): Route => ({ kind: 'refused', answer: problem(status, { error }) })
const nowhere = (): Route => refused(404, `there is no such page; there are ${PATHS.join(', ')}`)
