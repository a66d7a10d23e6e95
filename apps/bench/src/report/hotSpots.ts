import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What Node writes for `--cpu-prof`: nodes of a call tree, and which of them was seen when. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

export interface HotSpot {
  /** Function with its file and line. */
  readonly where: string
  /** Its own time as a part of all time that was not idle. */
  readonly share: number
}

const IDLE = '(idle)'

/** Adds up the own time of every function over some profiles. Pure. @returns those that take a part or more, the hottest first */
export function hotSpots(profiles: readonly CpuProfile[], leastShare: number): HotSpot[] {
  const times = new Map<string, number>()
  let busy = 0
  for (const { nodes, samples, timeDeltas } of profiles) {
    const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
    for (const [i, id] of samples.entries()) {
      const name = names.get(id) ?? IDLE
      if (name === IDLE) continue
      const time = timeDeltas[i] ?? 0
      busy += time
      times.set(name, (times.get(name) ?? 0) + time)
    }
  }
  return [...times]
    .map(([where, time]) => ({ where, share: time / busy }))
    .filter(({ share }) => share >= leastShare)
    .sort((a, b) => b.share - a.share)
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^.*\/(?=(?:apps|libs)\/)/, '')
  return `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`
}

/** Reads the profiles that the services of the connector left. @returns lines with the hot spots of each */
export async function hotSpotLines(folder: string, leastShare = 0.05): Promise<string[]> {
  const lines: string[] = []
  for (const service of ['gw-listener', 'kms-worker', 'tx-sender']) {
    const files = await readdir(join(folder, service)).catch(() => [])
    const texts = await Promise.all(files.map(file => readFile(join(folder, service, file), 'utf8')))
    const profiles = texts.map(text => JSON.parse(text) as CpuProfile) // CAST: Node wrote them
    const spots = hotSpots(profiles, leastShare)
    lines.push(
      ...spots.map(({ where, share }) => `${service.padEnd(12)} ${(100 * share).toFixed(1).padStart(5)} %  ${where}`),
    )
  }
  return lines.length === 0 ? [] : [`Own time above ${100 * leastShare} % of what was not idle:`, ...lines]
}
