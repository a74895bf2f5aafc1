/** Whether the issuer can be reached at all: name, port, TLS, and whether its clock agrees. RFC 5280, RFC 9110 §6.6.1. */
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import { isLoopbackHost } from '@credence/protocol'
import { type BoundedAnswer, systemCodeOf } from '../provider/bounded_http.ts'
import { count } from './check_local_server.ts'
import { type Found, fail, good, warn } from './finding.ts'

const timeoutMs = 5_000
const dayMs = 86_400_000

export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80)

export const checkDns = async (url: URL): Promise<Found<true>> => {
  const host = hostOf(url)
  if (isIP(host) !== 0) return good(`${host} is an address`, true)
  try {
    const addresses = await within(lookup(host, { all: true }))
    return good(
      `${host} is ${addresses
        .map(({ address }) => address)
        .slice(0, 4)
        .join(', ')}`,
      true,
    )
  } catch (error) {
    return fail({
      code: systemCodeOf(error) ?? 'timeout',
      found: `${host} has no address`,
      advice: 'check the spelling; in a private network check which DNS server this machine asks',
    })
  }
}

export const checkConnect = async (url: URL): Promise<Found<true>> => {
  const socket = connectTcp({ host: hostOf(url), port: portOf(url), autoSelectFamily: true })
  const startedAt = performance.now()
  try {
    await within(once(socket, 'connect'))
    return good(`${url.host} answers, ${Math.max(1, Math.round(performance.now() - startedAt))} ms`, true)
  } catch (error) {
    const code = systemCodeOf(error) ?? 'timeout'
    return fail({
      code,
      found: `no connection to port ${portOf(url)} of ${hostOf(url)}: ${code}`,
      advice:
        code === 'ECONNREFUSED'
          ? 'nothing listens there: is the server up, and is the port right?'
          : 'a firewall or a missing route is in between; a proxy may be needed (see environment)',
    })
  } finally {
    socket.destroy()
  }
}

/** @param ca who is trusted to be the server, in place of the system's authorities */
export const checkTls = async (url: URL, ca?: string): Promise<Found<true>> => {
  if (url.protocol === 'http:') {
    if (isLoopbackHost(url.hostname)) return good('http, which is good enough on this machine', true)
    return fail({
      code: 'insecure_url',
      found: `${url.origin} is plain http: a credential sent there can be read by everybody in between`,
      advice: 'give the issuer with https, and have the server behind it serve that',
    })
  }
  const host = hostOf(url)
  // verified below and reported, not trusted: nothing is sent over this connection
  const socket = connectTls({
    host,
    port: portOf(url),
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
  })
  try {
    await within(once(socket, 'secureConnect'))
    const { authorized, authorizationError } = socket
    const certificate = socket.getPeerCertificate()
    if (!authorized) return explainRefusal(codeOf(authorizationError), certificate, host)
    return describeCertificate(certificate, socket.getProtocol() ?? 'TLS')
  } catch (error) {
    const code = systemCodeOf(error) ?? 'timeout'
    return fail({
      code,
      found: `no TLS with ${url.host}: ${code}`,
      advice: 'is it a TLS port, and does it speak TLS 1.2 or newer?',
    })
  } finally {
    socket.destroy()
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'string' ? error : (systemCodeOf(error) ?? 'CERT_UNTRUSTED')

const explainRefusal = (code: string, certificate: PeerCertificate, host: string): Found<true> => {
  const names = certificate.subjectaltname ?? certificate.subject?.CN ?? 'no name'
  const until = certificate.valid_to
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return fail({
        code,
        found: `the certificate of ${host} expired ${until}`,
        advice: 'whoever runs it has to renew the certificate; if that was done, check this machine’s clock',
      })
    case 'CERT_NOT_YET_VALID':
      return fail({
        code,
        found: `the certificate of ${host} is valid from ${certificate.valid_from} on`,
        advice: 'check this machine’s clock',
      })
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail({
        code,
        found: `the certificate is for ${names}, not for ${host}`,
        advice: 'use the name that is in it, or have one issued for this name',
      })
    default:
      return fail({
        code,
        found: `the certificate of ${host} is by nobody this machine trusts (${code})`,
        advice:
          'name your own authority by NODE_EXTRA_CA_CERTS=FILE; where the chain is incomplete, the server must send all of it',
      })
  }
}

const describeCertificate = (certificate: PeerCertificate, protocol: string): Found<true> => {
  const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / dayMs)
  const found = `${protocol}, certificate good for another ${count(days, 'day')}`
  if (days >= 14) return good(found, true)
  return warn({ code: 'certificate_expires_soon', found, advice: 'renew it: nothing works once it has expired' }, true)
}

/** Verifiers tolerate 5 s; beyond a minute tokens look expired or not yet valid. */
const toleratedSeconds = 5
const brokenSeconds = 60

export const checkClock = async ({ headers, sentAt, answeredAt }: BoundedAnswer): Promise<Found<true>> => {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) {
    return { status: 'skipped', code: 'no_date', found: 'the answer says nothing about the time (no Date header)' }
  }
  const age = Number(headers.get('age') ?? 0) || 0
  const theirs = Math.floor(date / 1000) + age
  // anywhere between sending and receiving is no skew; both clocks are whole seconds
  const skew = theirs > answeredAt + 1 ? theirs - answeredAt : theirs < sentAt - 1 ? theirs - sentAt : 0
  const seconds = Math.abs(skew)
  if (seconds <= toleratedSeconds) return good(seconds === 0 ? 'the same' : `${seconds} s apart`, true)
  const found = `this machine is ${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} the issuer`
  const advice = 'set the clock by NTP, here or there: tokens and assertions say when they are valid'
  return seconds > brokenSeconds
    ? fail({ code: 'clock_skew', found, advice }, true)
    : warn({ code: 'clock_skew', found, advice }, true)
}

const within = async <T>(work: Promise<T>): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('timeout')), timeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
