/** Which addresses a server may be made to call: SSRF protection for URLs that come from outside. RFC 8725 §3.10, RFC 6890. */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { isLoopbackHost } from '@credence/protocol'

/** How far requests may reach. `public`: the Internet only. `loopback`: that and this machine. `any`: private networks too. */
export type NetworkReach = 'public' | 'loopback' | 'any'

/** How names are resolved: as `dns.lookup` with `all: true`. */
export type ResolveName = (
  hostname: string,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

// RFC 6890 and its registry. A BlockList finds an IPv4 address in its IPv6 notation (::ffff:10.0.0.1) as well.
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4')
}
// within 2000::/3: Teredo, documentation, 6to4
for (const [network, prefix] of [
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const) {
  special.addSubnet(network, prefix, 'ipv6')
}

const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/** Whether an IP address, as text, is within reach. */
export const isWithinReach = (address: string, reach: NetworkReach): boolean => {
  const version = isIP(address)
  if (version === 0) return false
  if (reach === 'any') return true
  const family = version === 6 ? 'ipv6' : 'ipv4'
  if (loopback.check(address, family)) return reach === 'loopback'
  if (special.check(address, family)) return false
  return version === 4 || globalUnicast.check(address, family) || isMappedIpv4(address)
}

const isMappedIpv4 = (address: string): boolean => /^::ffff:(?:[\d.]+|[\da-f]{1,4}:[\da-f]{1,4})$/i.test(address)

/**
 * Checks a URL before anything is resolved: https, or http on loopback; and, where the host is an address, its reach.
 *
 * Does not check: where a name leads. That is {@link createGuardedLookup}'s, at the moment of connecting.
 *
 * @throws {Error}
 */
export const checkUrlWithinReach = (url: URL, reach: NetworkReach): void => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isLoopback = isLoopbackHost(host) || loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new Error(`${url.origin} is not https`)
  }
  if (url.username !== '' || url.password !== '') throw new Error(`the URL at ${url.host} has user information`)
  if (isIP(host) !== 0 && !isWithinReach(host, reach)) throw outOfReach(host)
}

/**
 * A `lookup` for connecting that refuses a name with any address out of reach.
 *
 * The address that is checked is the one that is connected to: a name that changes between the two gains nothing.
 */
export const createGuardedLookup = (reach: NetworkReach, resolve: ResolveName = resolveName): LookupFunction => {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const [first] = addresses
      const outside = addresses.find(({ address }) => !isWithinReach(address, reach))
      if (error !== null) callback(error, '', 0)
      else if (first === undefined) callback(new Error(`${hostname} has no address`), '', 0)
      else if (outside !== undefined) callback(outOfReach(`${hostname} (${outside.address})`), '', 0)
      else if (options.all) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    })
  }
}

const resolveName: ResolveName = (hostname, callback) =>
  dnsLookup(hostname, { all: true }, (error, addresses) => callback(error, addresses ?? []))

const outOfReach = (what: string) =>
  new Error(`${what} is a private or special address; allowPrivateAddresses permits them`)
