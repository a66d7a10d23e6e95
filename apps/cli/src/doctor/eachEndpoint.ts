import { toConnectorError } from '@kms-connector/protocol'
import { type Finding, fail, together } from './check.ts'
import type { Endpoint } from './doctorContext.ts'

/** Looks at every endpoint; one that does not answer does not hide what the others say. */
export async function eachEndpoint(
  endpoints: readonly Endpoint[],
  look: (endpoint: Endpoint) => Promise<Finding>,
): Promise<Finding> {
  const findings = endpoints.map(async endpoint => {
    const finding = await look(endpoint).catch((fault: unknown) => {
      const { message, hint } = toConnectorError(fault)
      return fail(message, hint)
    })
    return [endpoint.name, finding] as const
  })
  return together(await Promise.all(findings))
}
