import type { DoctorContext } from './doctorContext.ts'

export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skipped'

/** What one look found. Everything but `ok` carries what to do. */
export interface Finding {
  readonly status: CheckStatus
  readonly detail: string
  readonly fix?: string
}

export const CHECK_GROUPS = [
  'settings',
  'nats',
  'endpoints',
  'contracts',
  'core',
  'buckets',
  'wallet',
  'pipeline',
] as const
export type CheckGroup = (typeof CHECK_GROUPS)[number]

/** One read-only look at one thing that has to be right. */
export interface Check {
  /** `<group>.<name>`. */
  readonly id: string
  readonly group: CheckGroup
  /** What goes wrong when it is not right. */
  readonly why: string
  /** @throws whatever keeps it from finding out, which counts as a failure */
  readonly run: (context: DoctorContext, signal: AbortSignal) => Promise<Finding>
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail })
export const warn = (detail: string, fix: string): Finding => ({ status: 'warn', detail, fix })
export const fail = (detail: string, fix: string): Finding => ({ status: 'fail', detail, fix })
/** Cannot be looked at with these settings. */
export const skipped = (setting: string): Finding => ({
  status: 'skipped',
  detail: `${setting} is not in the settings`,
  fix: `give the settings of the services with --config FILE, or KMS_CONNECTOR_${setting.toUpperCase()}`,
})

/** Puts findings about several things of one kind together: the worst status, every detail that is not fine. */
export function together(findings: readonly (readonly [what: string, finding: Finding])[]): Finding {
  const worst = ORDER.find(status => findings.some(([, finding]) => finding.status === status)) ?? 'ok'
  const shown = worst === 'ok' ? findings : findings.filter(([, { status }]) => status === 'fail' || status === 'warn')
  const named = shown.slice(0, MOST_NAMED).map(([what, finding]) => `${what}: ${finding.detail}`)
  const detail =
    shown.length > MOST_NAMED ? [...named, `and ${shown.length - MOST_NAMED} more`].join('; ') : named.join('; ')
  const fix = shown.find(([, { status }]) => status === worst)?.[1].fix
  return { status: worst, detail, ...(fix === undefined ? {} : { fix }) }
}

/** Things that one line names. */
const MOST_NAMED = 3
const ORDER: readonly CheckStatus[] = ['fail', 'warn', 'skipped', 'ok']
