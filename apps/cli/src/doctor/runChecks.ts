import { toConnectorError } from '@kms-connector/protocol'
import { createLimit, createRedactor, formatDuration, withDeadline } from '@kms-connector/service-kit'
import type { CommandContext } from '../commandContext.ts'
import type { Check, Finding } from './check.ts'
import { DoctorContext } from './doctorContext.ts'

export interface CheckResult extends Finding {
  readonly id: string
  readonly group: string
  readonly why: string
  readonly ms: number
}

const AT_ONCE = 8
const GRACE_MS = 500

/** Runs checks side by side, each under a deadline. What a check cannot find out is a failure with the fault as its detail. */
export async function runChecks(command: CommandContext, checks: readonly Check[]): Promise<readonly CheckResult[]> {
  const context = new DoctorContext(command)
  const clean = createRedactor(command.loaded.secrets)
  const limit = createLimit({ name: 'checks', concurrency: AT_ONCE, maxQueue: checks.length })
  const results = await Promise.all(
    checks.map(check =>
      limit.run(async () => {
        const begun = performance.now()
        const finding = await runOne(check, context, command.timeoutMs + GRACE_MS)
        const { id, group, why } = check
        const ms = Math.round(performance.now() - begun)
        const fix = finding.fix === undefined ? {} : { fix: clean(finding.fix) }
        return { id, group, why, ms, status: finding.status, detail: clean(finding.detail), ...fix }
      }),
    ),
  )
  return withoutEchoes(results)
}

/** A broker that is away fails every check that asks it: one of them says so, the others name it. Pure. */
export function withoutEchoes(results: readonly CheckResult[]): readonly CheckResult[] {
  const reachable = results.find(({ id, status }) => id === 'nats.reachable' && status === 'fail')
  if (!reachable) return results
  return results.map(result => {
    if (result === reachable || result.detail !== reachable.detail) return result
    const fix = 'see nats.reachable'
    return { ...result, status: 'skipped', detail: 'NATS cannot be reached', fix }
  })
}

async function runOne(check: Check, context: DoctorContext, timeoutMs: number): Promise<Finding> {
  const late = () => new Error(`no answer within ${formatDuration(timeoutMs)}`)
  try {
    return await withDeadline(timeoutMs, late, signal => check.run(context, signal))
  } catch (fault) {
    const { code, message, hint } = toConnectorError(fault)
    if (code !== 'INTERNAL') return { status: 'fail', detail: message, fix: hint }
    const detail = fault instanceof Error ? fault.message : String(fault)
    return { status: 'fail', detail, fix: 'Check that what is asked can be reached from here, then run this again.' }
  }
}
