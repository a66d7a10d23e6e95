import { ConnectorError } from '@kms-connector/protocol'
import { sleep } from '@kms-connector/service-kit'
import type { Backlog } from './backlog.ts'
import { Processors } from './processors.ts'
import type { Replicas } from './replicas.ts'
import type { WaveResult } from './scalingVerdict.ts'
import type { Wave } from './waves.ts'

const LOOK_MS = 25
const DEADLINE_MS = 300_000
/** Part of a wave after whose answers replicas are killed. */
const CHURN_AFTER = 0.25

/**
 * Releases one wave to replicas that wait for it, measures the window, and waits until all of it is answered.
 * @throws ConnectorError DEVNET_TIMEOUT when the wave is not answered; the reason of the signal
 */
export async function runWave(
  wave: Wave,
  backlog: Backlog,
  replicas: Replicas,
  signal: AbortSignal,
): Promise<WaveResult> {
  await replicas.scaleTo(wave.replicas, signal)
  const before = await backlog.answered()
  await backlog.place(wave.requests, signal)
  const countsBefore = await replicas.answered()
  await backlog.release()
  const until = (answers: number) => untilAnswered(backlog, before + answers, signal)
  const begin = await until(wave.from)
  const processors = new Processors()
  if (wave.churn) await churn(wave, replicas, until, signal)
  const end = await until(wave.to)
  const busy = processors.busy()
  await until(wave.requests)
  const shares = new Map([...(await replicas.answered())].map(([name, n]) => [name, n - (countsBefore.get(name) ?? 0)]))
  const { what, requests, churn: churned } = wave
  const answers = end.answered - begin.answered
  return {
    what,
    replicas: wave.replicas,
    requests,
    answers,
    seconds: (end.at - begin.at) / 1000,
    shares,
    churn: churned,
    busy,
  }
}

interface Moment {
  readonly at: number
  readonly answered: number
}

async function untilAnswered(backlog: Backlog, answers: number, signal: AbortSignal): Promise<Moment> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    const asked = performance.now()
    const answered = await backlog.answered()
    // The count is of a moment between question and answer.
    if (answered >= answers) return { at: (asked + performance.now()) / 2, answered }
    if (asked > deadline) {
      throw new ConnectorError('DEVNET_TIMEOUT', `${answered} of ${answers} answers after ${DEADLINE_MS} ms`)
    }
    await sleep(LOOK_MS, signal)
  }
}

/** Kills half of the replicas without warning, stops one in order, and starts as many anew while the others work on. */
async function churn(
  { requests, replicas: size }: Wave,
  replicas: Replicas,
  until: (answers: number) => Promise<Moment>,
  signal: AbortSignal,
): Promise<void> {
  await until(Math.ceil(CHURN_AFTER * requests))
  const killed = replicas.names.slice(0, Math.max(1, Math.floor(size / 2)))
  await Promise.all(killed.map(name => replicas.end(name, 'SIGKILL')))
  const added = replicas.add(killed.length, signal)
  // One that is stopped in order leaves at least one that works on.
  const [leaving] = size > 2 ? replicas.names : []
  if (leaving !== undefined) await replicas.end(leaving, 'SIGTERM')
  await added
  await replicas.scaleTo(size, signal)
}
