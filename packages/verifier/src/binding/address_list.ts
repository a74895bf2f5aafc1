/** Addresses and networks that are trusted, as an operator writes them. RFC 4632 §3.1, RFC 4291 §2.3. */
import { BlockList, isIP } from 'node:net'

const network = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/

/**
 * Creates the test of whether an address is listed. An IPv4 address in IPv6 form is the same address.
 *
 * @throws {TypeError} when the list is empty or has something else than addresses and networks.
 */
export const createAddressList = (addresses: readonly string[]): ((address: string) => boolean) => {
  if (addresses.length === 0) throw new TypeError('trustedProxies must name at least one address or network')
  const list = new BlockList()
  for (const text of addresses) {
    const [, address = '', prefix] = network.exec(text) ?? []
    const family = familyOf(address)
    const bits = family === 'ipv4' ? 32 : 128
    if (family === undefined || Number(prefix ?? bits) > bits) {
      throw new TypeError(`trustedProxies must be addresses or networks such as 10.0.0.0/8, not ${text}`)
    }
    list.addSubnet(address, Number(prefix ?? bits), family)
  }
  return (address) => {
    const family = familyOf(address)
    return family !== undefined && list.check(address, family)
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' | undefined => {
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}
