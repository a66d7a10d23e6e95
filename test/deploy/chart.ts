import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments, stringify } from 'yaml'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const CHART = join(ROOT, 'deploy', 'helm', 'kms-connector')

/** A Kubernetes object as the chart renders it. */
export interface Rendered {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly [field: string]: unknown
}

export type Values = Readonly<Record<string, unknown>>

let helm: string | undefined | null
/** Path of helm, installed on first use; undefined where it cannot be had. */
export function helmBinary(): string | undefined {
  helm ??= installed()
  return helm ?? undefined
}

function installed(): string | null {
  const script = join(ROOT, 'scripts', 'install-helm.mjs')
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  return /^(\S+) [\d.]+$/m.exec(stdout)?.[1] ?? null
}

/** The least that an installation says: a network, an RPC endpoint, a Core and a wallet. */
export const MINIMAL = {
  network: 'testnet',
  common: { settings: { gateway_url: 'https://rpc.example' } },
  hostChains: { ethereum: { url: 'https://eth.example' } },
  gwListener: { settings: { decryption_from_block_number: 1, kms_operation_from_block_number: 1 } },
  kmsWorker: {
    settings: {
      kms_core_endpoints: ['http://kms-core:50051'],
      wallet_address: '0x00000000000000000000000000000000000000aa',
    },
  },
  txSender: { wallet: { awsKms: { keyId: 'alias/kms-connector', region: 'eu-west-1' } } },
} as const

export interface HelmRun {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs `helm COMMAND CHART` with values as a file would hold them. */
export function runHelm(command: readonly string[], values: Values, chart = CHART): HelmRun {
  const bin = helmBinary()
  if (!bin) throw new Error('helm cannot be had here')
  const dir = mkdtempSync(join(tmpdir(), 'kms-connector-chart-'))
  try {
    const file = join(dir, 'values.yaml')
    writeFileSync(file, stringify(values))
    const run = spawnSync(bin, [...command, chart, '-f', file], { encoding: 'utf8', timeout: 60_000 })
    return { ok: run.status === 0, stdout: run.stdout, stderr: run.stderr }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Renders the chart as `helm install prod ...` would send it. @throws Error with what helm said */
export function render(values: Values): readonly Rendered[] {
  const { ok, stdout, stderr } = runHelm(['template', 'prod', '--namespace', 'kms'], values)
  if (!ok) throw new Error(stderr)
  return parseAllDocuments(stdout).flatMap(document => {
    if (document.errors.length > 0) throw document.errors[0]
    const object = document.toJS() as Rendered | null // CAST: what validate.test.ts checks to be one
    return object === null ? [] : [object]
  })
}

/** @returns the one object with this kind and name @throws Error when there is none */
export function pick(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const found = objects.filter(o => o.kind === kind && o.metadata.name === name)
  const [only] = found
  if (!only || found.length > 1) throw new Error(`${found.length} objects ${kind} ${name}`)
  return only
}

/**
 * The committed render of a case, or the new one where UPDATE_GOLDEN is set. A change of what is installed is so seen in review.
 * @param base objects that need not be written again; what a case lacks of them is named
 */
export function golden(
  name: string,
  objects: readonly Rendered[],
  base: readonly Rendered[] = [],
): { readonly expected: string; readonly actual: string } {
  const file = join(ROOT, 'test', 'deploy', 'golden', `${name}.yaml`)
  const known = new Set(base.map(text))
  const named = new Set(objects.map(title))
  const gone = base.map(title).filter(t => !named.has(t))
  const other = objects.map(text).filter(t => !known.has(t))
  const actual = [...gone.map(t => `# not rendered: ${t}\n`), ...other].join('---\n')
  if (process.env['UPDATE_GOLDEN']) writeFileSync(file, actual)
  return { expected: existsSync(file) ? readFileSync(file, 'utf8') : '', actual }
}

const title = ({ kind, metadata }: Rendered) => `${kind} ${metadata.name}`
/** Rules and dashboards are files of their own, with tests of their own: a golden render only says where they go. */
function text(object: Rendered): string {
  const { kind, metadata } = object
  const isDashboard = metadata.labels?.['grafana_dashboard'] !== undefined
  const elided = isDashboard ? { data: 'a dashboard' } : kind === 'PrometheusRule' ? { spec: 'the rules' } : {}
  return stringify({ ...object, ...elided }, { lineWidth: 0 })
}
