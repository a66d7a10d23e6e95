import { parseBucketUrl } from '@kms-connector/ciphertexts'
import { GatewayConfig } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import { type Check, fail, ok, skipped, together, warn } from '../check.ts'

export const bucketsRegistered: Check = {
  id: 'buckets.registered',
  group: 'buckets',
  why: 'ciphertexts are read from the buckets that GatewayConfig registers for the coprocessors, and nowhere else',
  async run({ gateway, settings }, signal) {
    const registry = settings.gateway_config_contract
    if (!gateway || !registry) return skipped('gateway_config_contract')
    const config = new GatewayConfig(gateway, registry.address)
    const coprocessors = await config.coprocessors()
    if (coprocessors.length === 0) return fail('no coprocessor is registered', 'check the address of GatewayConfig')
    const findings = coprocessors.map(async coprocessor => {
      const url = parseBucketUrl((await config.bucketUrl(coprocessor)) ?? '')
      if (url instanceof ConnectorError) return [coprocessor, fail(url.message, url.hint)] as const
      const answers = await fetch(url.base, { method: 'HEAD', redirect: 'manual', signal }).then(
        ({ status }) => (status < 500 ? undefined : `HTTP ${status}`),
        () => 'no answer',
      )
      const fix = 'tell the operator of the coprocessor; ciphertexts are read from the others meanwhile'
      return [url.base, answers === undefined ? ok('answers') : warn(answers, fix)] as const
    })
    return together(await Promise.all(findings))
  },
}
