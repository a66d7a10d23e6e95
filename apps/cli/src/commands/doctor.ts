import { defineCommand, JSON_OPTION } from '../command.ts'
import { CHECKS } from '../doctor/checks.ts'
import { doctorExit, doctorReport } from '../doctor/doctorReport.ts'
import { runChecks } from '../doctor/runChecks.ts'

export const doctor = defineCommand({
  usage: '[--settings] [--json] [OPTIONS]',
  describe: `
Looks at everything that has to be right for this node to do its work, changes nothing, and says what to do
about what is not: settings, NATS, JSON-RPC endpoints, contracts, KMS Core, buckets, wallet and pipeline.
Ends with 0 when all is well, with 1 when there are warnings and with 2 when something failed.

Give the settings of all services, so that it can look everywhere:
  --config gw-listener.toml --config kms-worker.toml --config tx-sender.toml`,
  options: {
    settings: { type: 'boolean', describe: 'print every setting with its value and source first, secrets hidden' },
    ...JSON_OPTION,
  },
  async run(context, { settings, json }) {
    const results = await runChecks(context, CHECKS)
    const { entries } = context.loaded
    if (json) context.printJson({ settings: settings ? entries : undefined, checks: results })
    else {
      if (settings)
        context.print(...entries.map(({ path, value, source }) => `${path} = ${value || '-'}  (${source})`), '')
      context.print(...doctorReport(results))
    }
    return doctorExit(results)
  },
})
