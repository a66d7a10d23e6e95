import { connectBroker, drainBroker } from '@kms-connector/streams'
import type { Devnet } from '../devnet/index.ts'
import { type KeyCeremony, type KeyStep, runKeyCeremony, shortId } from '../workload/index.ts'
import type { Display } from './display.ts'
import type { Progress } from './progress.ts'

const DEADLINE_MS = 180_000

/** Orders everything that key management knows, one operation after the other, and shows how the nodes get on with it. */
export async function runKeys(
  devnet: Devnet,
  progress: Progress,
  display: Display,
  signal: AbortSignal,
): Promise<KeyCeremony> {
  const brokers = await Promise.all(devnet.nodes.map(n => connectBroker({ ...n.observer, name: 'demo' })))
  const announced = new Set<KeyStep>()
  const onChange = (step: KeyStep) => {
    progress.keySteps[step.operation] = step.answeredBy
    const text = `${step.operation} ${shortId(step.id)}`
    if (step.tookMs === undefined) progress.step = `waiting for the nodes to agree on ${text}`
    else if (!announced.has(step)) {
      announced.add(step)
      display.line(
        `${text}: ${step.consensusEvent ?? 'completed by every node'} after ${(step.tookMs / 1000).toFixed(1)} s`,
      )
    }
  }
  try {
    progress.step = 'ordering a key'
    const ceremony = await runKeyCeremony(devnet, brokers, { timeoutMs: DEADLINE_MS, signal, onChange })
    display.line(`every node has answered, decryptions use the new key ${shortId(ceremony.keyId)}`)
    return ceremony
  } finally {
    await Promise.all(brokers.map(broker => drainBroker(broker)))
  }
}
