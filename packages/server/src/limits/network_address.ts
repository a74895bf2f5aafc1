/** Whom an address stands for: itself in IPv4, and in IPv6 its /64, of which everybody has the whole. RFC 4291 §2.5.4. */
import { isIPv6 } from 'node:net'

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** An address as people know it: an IPv4 address without the IPv6 around it (RFC 4291 §2.5.5.2), nothing without its zone. */
export const plainAddress = (address: string): string => {
  const bare = address.replace(/%.*$/, '')
  return mapped.exec(bare)?.[1] ?? bare
}

/** The key under which what comes from an address is counted. */
export const networkOf = (address: string): string => {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const [left = '', right] = plain.toLowerCase().split('::')
  const before = groupsOf(left)
  const after = groupsOf(right ?? '')
  const zeros = right === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => group.replace(/^0+(?=.)/, ''))
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** An IPv4 address at the end stands for two groups (RFC 4291 §2.2); which does not matter, they are not in the /64. */
const groupsOf = (text: string): readonly string[] =>
  text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]))
