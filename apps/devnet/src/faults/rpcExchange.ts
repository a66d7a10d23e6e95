import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type ExchangeAction, isExchangeAction, type RpcAction, type RpcAnswer, type RpcCall } from './rpcAction.ts'
import { askNode, type Exchanged, forwardAll, restOf } from './rpcForward.ts'
import { type ProxyState, pause } from './rpcProxy.ts'

interface Decided {
  readonly call: RpcCall
  readonly delayMs: number
  readonly action: RpcAction | undefined
}

/** Answers one HTTP exchange as rules and layers want it. @throws when the connection is to be reset */
export async function answerExchange(
  state: ProxyState,
  calls: readonly RpcCall[],
  batch: boolean,
  response: ServerResponse,
): Promise<void> {
  const decided = await Promise.all(calls.map(call => decide(state, call)))
  const delayMs = Math.max(0, ...decided.map(one => one.delayMs))
  if (delayMs > 0) await pause(delayMs, state)
  const whole = decided.map(({ action }) => action).find(action => action !== undefined && isExchangeAction(action))
  if (whole && isExchangeAction(whole)) return breakExchange(state, whole, calls, batch, response)
  const reply = await replyTo(state, decided, batch)
  response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body)
}

async function decide(state: ProxyState, call: RpcCall): Promise<Decided> {
  const actions = await state.rules.decide(call)
  const delayMs = actions.reduce((sum, action) => sum + (action.kind === 'delay' ? action.ms : 0), 0)
  return { call, delayMs, action: actions.find(action => action.kind !== 'delay') }
}

async function breakExchange(
  state: ProxyState,
  action: ExchangeAction,
  calls: readonly RpcCall[],
  batch: boolean,
  response: ServerResponse,
): Promise<void> {
  switch (action.kind) {
    case 'drop-request':
      throw new Error('the request is dropped')
    case 'silence':
      await Promise.race([once(response, 'close'), pause(2 ** 31 - 1, state)])
      return
    case 'http': {
      const wait = action.retryAfterSeconds === undefined ? {} : { 'retry-after': String(action.retryAfterSeconds) }
      response.writeHead(action.status, { 'content-type': 'text/plain', ...wait }).end(action.body ?? 'injected fault')
      return
    }
    case 'drop-reply':
    case 'cut-reply':
    case 'garbage': {
      const reply = await replyTo(
        state,
        calls.map(call => ({ call, delayMs: 0, action: undefined })),
        batch,
      )
      if (action.kind === 'drop-reply') throw new Error('the reply is dropped')
      if (action.kind === 'garbage') {
        response.writeHead(200, { 'content-type': 'application/json' }).end(action.body ?? '<html>gateway</html>')
        return
      }
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(reply.body) })
      await new Promise<void>(resolve => response.write(reply.body.slice(0, reply.body.length / 2), () => resolve()))
      throw new Error('the reply is cut')
    }
  }
}

/** Puts the reply together: what the node says where nothing else was decided. */
async function replyTo(state: ProxyState, decided: readonly Decided[], batch: boolean): Promise<Exchanged> {
  const simple = decided.filter(({ action }) => action === undefined).map(({ call }) => call)
  const forwarded = await forwardAll(state, simple, batch)
  if (forwarded.kind === 'refused') return forwarded.reply
  const answers: unknown[] = []
  for (const { call, action } of decided) {
    if (action === undefined) continue
    const answer = await answerTo(state, call, action)
    if (action.kind !== 'omit') answers.push({ jsonrpc: '2.0', id: call.id, ...answer })
  }
  const found = [...forwarded.answers, ...answers]
  if (!batch) return restOf(found[0] ?? [])
  const inOrder = decided.flatMap(({ call }) => found.filter(answer => idOf(answer) === call.id))
  if (decided.some(({ action }) => action?.kind === 'reorder')) inOrder.reverse()
  return restOf(inOrder)
}

async function answerTo(state: ProxyState, call: RpcCall, action: RpcAction): Promise<RpcAnswer> {
  switch (action.kind) {
    case 'error': {
      const { code, message, data } = action
      return { error: { code, message, ...(data === undefined ? {} : { data }) } }
    }
    case 'result':
      return { result: action.result }
    case 'script':
      return action.answer(instead => askNode(state, instead ? { ...call, ...instead } : call), call)
    case 'duplicate': {
      const answer = await askNode(state, call)
      for (let n = 0; n < (action.times ?? 1); n++) await askNode(state, call)
      return answer
    }
    case 'edit': {
      const answer = await askNode(state, call)
      return 'result' in answer ? { result: action.edit(answer.result, call) } : answer
    }
    default:
      return askNode(state, call)
  }
}

function idOf(answer: unknown): unknown {
  return (answer as { readonly id?: unknown } | null)?.id // CAST: read only
}
