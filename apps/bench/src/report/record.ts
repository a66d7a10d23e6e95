import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { BenchReport } from './benchReport.ts'
import { historyEntry, parseHistory, regressions } from './history.ts'
import { keyRatios } from './keyRatios.ts'
import { ratioChart } from './ratioChart.ts'
import { TARGETS } from './targets.ts'

/** `bench/results` of the repository, four folders up from here in the sources as well as in the build. */
const RESULTS = new URL('../../../../bench/results/', import.meta.url)

/**
 * Compares a run with earlier ones of this machine, draws it and appends it to the history.
 * @param folder URL that ends with a slash; `bench/results` when left out
 * @returns what became slower, one sentence each, and where the chart is
 */
export async function recordRun(
  report: BenchReport,
  folder: URL = RESULTS,
): Promise<{ readonly slower: readonly string[]; readonly chart: string }> {
  await mkdir(folder, { recursive: true })
  const history = new URL('history.jsonl', folder)
  const entry = historyEntry(report)
  const slower = regressions(entry, parseHistory(await readFile(history, 'utf8').catch(() => '')))
  const chart = new URL('latest.svg', folder)
  await writeFile(chart, chartOf(report))
  await appendFile(history, `${JSON.stringify(entry)}\n`)
  return { slower, chart: fileURLToPath(chart) }
}

function chartOf({ startedAt, quick, machine, shapes }: BenchReport): string {
  const { processor, cores, memoryGb, platform, node, natsServer, commit } = machine
  const targets = TARGETS.filter(({ figure }) => figure === 'ratio').map(({ shape, atLeast = 0 }) => [shape, atLeast])
  return ratioChart({
    title: 'KMS Connector: achieved ÷ bound of the same run',
    notes: [
      `${processor}, ${cores} cores, ${memoryGb} GB, ${platform}; Node ${node}, nats-server ${natsServer}`,
      `${startedAt.slice(0, 10)}, commit ${commit}${quick ? ', quick run' : ''}; red: what is promised`,
    ],
    ratios: keyRatios(shapes),
    targets: Object.fromEntries(targets),
  })
}
