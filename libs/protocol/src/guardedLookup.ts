import type { LookupFunction } from 'node:net'

/**
 * Refuses names that resolve to addresses which must not be contacted: a host name must not reach the metadata service
 * of the cloud either. Guards the very lookup that a connection uses, so the name cannot change its mind in between.
 * Addresses that a URL spells out are never looked up: check those where the URL is read.
 * @param resolve how names are resolved; `lookup` of `node:dns`
 * @param isForbidden such as `isLinkLocalAddress`; one such address among several is enough to refuse
 * @param refusal the fault for a name
 */
export function guardedLookup(
  resolve: LookupFunction,
  isForbidden: (address: string) => boolean,
  refusal: (hostname: string) => NodeJS.ErrnoException,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (fault, address, family) => {
      // Node leaves the address out when there is a fault.
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map(entry => entry.address)
      if (fault === null && addresses.some(isForbidden)) callback(refusal(hostname), '', 4)
      else callback(fault, address, family)
    })
  }
}
