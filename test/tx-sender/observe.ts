import { readFile } from 'node:fs/promises'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { until } from './senderBench.ts'

/** What a sender has logged so far with this message. */
export async function logged(sender: ServiceProcess, msg: string): Promise<Readonly<Record<string, unknown>>[]> {
  const lines = (await readFile(sender.logFile, 'utf8')).split('\n').filter(line => line.startsWith('{'))
  return lines.map(parsed).filter(line => line?.['msg'] === msg)
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line)
  } catch {
    // The last line may still be in writing.
    return {}
  }
}

/** Waits until a sender has ended by itself. */
export async function exitCode(sender: ServiceProcess): Promise<number | null> {
  await until('the end of the process', () => sender.state === 'ended')
  return (await sender.exited).code
}

/** Waits until a sender has logged this. */
export async function line(sender: ServiceProcess, msg: string): Promise<Readonly<Record<string, unknown>>> {
  await until(`the line "${msg}"`, async () => (await logged(sender, msg)).length > 0)
  return (await logged(sender, msg))[0] ?? {}
}

/** @returns section of the sender on `/status` */
export async function status(sender: ServiceProcess): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(new URL('/status', sender.url))
  const { sender: section } = (await answer.json()) as { sender?: Readonly<Record<string, unknown>> } // CAST: our page
  return section ?? {}
}

/** @returns status of `/readyz` with its explanation */
export async function readiness(sender: ServiceProcess): Promise<{ status: number; text: string }> {
  const answer = await fetch(new URL('/readyz', sender.url))
  return { status: answer.status, text: await answer.text() }
}
