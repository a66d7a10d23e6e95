import type { LookupFunction } from 'node:net'
import { ConnectorError } from '@kms-connector/protocol'
import { isLinkLocalAddress } from './linkLocal.ts'

/**
 * Refuses names that resolve to link-local addresses: a registered host name must not reach the metadata service of the
 * cloud either. Guards the very lookup that a connection uses, so the name cannot change its mind in between.
 * @param resolve how names are resolved; `lookup` of `node:dns`
 */
export function refusingLinkLocal(resolve: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (fault, address, family) => {
      // Node leaves the address out when there is a fault.
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map(entry => entry.address)
      if (fault === null && addresses.some(isLinkLocalAddress)) {
        callback(
          new ConnectorError('BUCKET_URL_INVALID', `${hostname} resolves to a link-local address`, { hostname }),
          '',
          4,
        )
      } else {
        callback(fault, address, family)
      }
    })
  }
}
