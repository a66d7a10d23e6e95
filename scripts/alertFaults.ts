export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface RulesFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[]
}

export interface RulesTestFile {
  readonly tests: readonly {
    readonly promql_expr_test: readonly { readonly exp_samples: readonly { readonly labels: string }[] }[]
  }[]
}

const SEVERITIES = ['page', 'warn']
/** What every runbook says, in this order. */
export const RUNBOOK_SECTIONS = ['## First', '## Likely causes', '## Fix', '## Over when']

/**
 * Pure: what is missing for an alert to be of use to whoever is woken by it.
 * @param runbooks text of each runbook, by file name without ending
 */
export function alertFaults(
  rules: RulesFile,
  tests: RulesTestFile,
  runbooks: ReadonlyMap<string, string>,
): readonly string[] {
  const alerts = rules.groups.flatMap(group => group.rules)
  const names = new Set(alerts.map(({ alert }) => alert))
  return [
    ...alerts.flatMap(alert =>
      ruleFaults(alert, runbooks.get(alert.alert)).map(fault => `alert ${alert.alert}: ${fault}`),
    ),
    ...[...names].filter(name => !fires(tests, name)).map(name => `alert ${name}: fires in no test`),
    ...[...runbooks.keys()]
      .filter(name => !names.has(name))
      .map(name => `docs/runbooks/${name}.md: there is no such alert`),
  ]
}

function ruleFaults(
  { alert, labels = {}, annotations = {} }: AlertRule,
  runbook: string | undefined,
): readonly string[] {
  const { summary = '', command = '', runbook_url: url } = annotations
  const faults: string[] = []
  if (!SEVERITIES.includes(labels['severity'] ?? '')) faults.push(`severity must be one of ${SEVERITIES.join(', ')}`)
  if (!/\s.*\.$/.test(summary)) faults.push('summary must be one sentence about what it means')
  if (command === '') faults.push('command must be what to run first')
  if (url !== `docs/runbooks/${alert}.md`) faults.push(`runbook_url must be docs/runbooks/${alert}.md`)
  if (runbook === undefined) return [...faults, 'has no runbook']
  const found = RUNBOOK_SECTIONS.map(section => runbook.indexOf(`\n${section}\n`))
  if (found.some((at, i) => at < 0 || at < (found[i - 1] ?? 0))) {
    faults.push(`its runbook must have the sections ${RUNBOOK_SECTIONS.join(', ')}`)
  }
  if (!runbook.startsWith(`# ${alert}\n`)) faults.push(`its runbook must have the title ${alert}`)
  if (!runbook.includes(`\n    ${command}`)) faults.push('its runbook must begin with the same command')
  return faults
}

function fires({ tests }: RulesTestFile, alert: string): boolean {
  return tests.some(({ promql_expr_test }) =>
    promql_expr_test.some(({ exp_samples }) =>
      exp_samples.some(({ labels }) => labels.includes(`alertname="${alert}"`)),
    ),
  )
}
