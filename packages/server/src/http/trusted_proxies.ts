/** Which hops are an operator's own proxies, and whose address a request behind them comes from. RFC 7239 §8, RFC 4632 §3.1. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { plainAddress } from '../limits/network_address.ts'
import type { ClientCertificate } from './http_request.ts'

/** Whom a request comes from. */
export interface RequestOrigin {
  readonly remoteAddressOf: (request: IncomingMessage) => string
  readonly certificateOf: (request: IncomingMessage) => ClientCertificate | undefined
}

/** The other end of the connection, which has shown no certificate. */
export const directOrigin: RequestOrigin = {
  remoteAddressOf: ({ socket }) => socket.remoteAddress ?? '',
  certificateOf: () => undefined,
}

export interface TrustedProxies {
  readonly includes: (address: string | undefined) => boolean
  /** The address that the nearest of them which is not one of ours names in X-Forwarded-For; else that of the connection. */
  readonly remoteAddressOf: (request: IncomingMessage) => string
}

const network = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/
/** An address, as some write it with its port. */
const withPort = /^(?:\[([0-9A-Fa-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/
const maxHops = 32

/** Reads addresses and networks with commas between them. @throws {TypeError} */
export const parseNetworks = (text: string): readonly string[] => {
  const networks = text.split(',').map((part) => part.trim())
  for (const each of networks) parseNetwork(each)
  return networks
}

const parseNetwork = (text: string) => {
  const [, address = '', prefix] = network.exec(text) ?? []
  const family = familyOf(address)
  const bits = family === 'ipv4' ? 32 : 128
  if (family === undefined || Number(prefix ?? bits) > bits) {
    throw new TypeError('must be addresses or networks with commas between them: 10.0.0.0/8,2001:db8::/32')
  }
  return { address, family, prefix: Number(prefix ?? bits) }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' | undefined => {
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}

/** @throws {TypeError} */
export const createTrustedProxies = (networks: readonly string[]): TrustedProxies => {
  const list = new BlockList()
  for (const text of networks) {
    const { address, prefix, family } = parseNetwork(text)
    list.addSubnet(address, prefix, family)
  }
  const includes = (given: string | undefined): boolean => {
    const address = given === undefined ? '' : plainAddress(given)
    const family = familyOf(address)
    return family !== undefined && list.check(address, family)
  }
  return {
    includes,
    remoteAddressOf({ socket, headers }) {
      let address = socket.remoteAddress ?? ''
      const forwarded = headers['x-forwarded-for']
      if (forwarded === undefined) return address
      // each proxy adds on the right whom it was called by: what is left of a stranger's address, the stranger wrote
      const hops = String(forwarded).split(',').slice(-maxHops)
      while (includes(address)) {
        const named = addressOf(hops.pop())
        if (named === undefined) return address
        address = named
      }
      return address
    },
  }
}

const addressOf = (text: string | undefined): string | undefined => {
  const trimmed = text?.trim() ?? ''
  const [, six, four] = withPort.exec(trimmed) ?? []
  const address = six ?? four ?? trimmed
  return isIP(address) === 0 ? undefined : plainAddress(address)
}
