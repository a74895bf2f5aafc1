/** The certificate, the key and the client authorities of the TLS listeners, read from files that others replace. RFC 7468. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Clock } from '@credence/protocol'
import type { Logger } from 'pino'
import { ConfigurationError } from '../configuration/configuration_error.ts'
import { type ClientAuthorities, createClientAuthorities } from './client_certificate_authorities.ts'

export interface TlsFilePaths {
  /** Certificate, with its chain, and key; in PEM. */
  readonly pair: { readonly certificate: string; readonly key: string } | undefined
  /** A bundle of authorities in PEM. */
  readonly clientAuthorities: string | undefined
}

/** What a TLS listener is made with. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
  readonly ca: string | undefined
}

export interface TlsFiles {
  /** Undefined where no certificate is configured. */
  readonly material: TlsMaterial | undefined
  readonly authorities: ClientAuthorities | undefined
  /** Is told of new material, until `stop`. */
  readonly follow: (apply: (material: TlsMaterial) => void) => void
  /** Looks at the files now. Never throws: what cannot be used is logged, and what was before goes on. */
  readonly reload: () => Promise<void>
  readonly stop: () => void
}

/** Reading three small files costs less than following links and renames by notices, which miss some. Milliseconds. */
const lookEveryMs = 2_000

interface Texts {
  readonly cert: string
  readonly key: string
  readonly ca: string | undefined
}

/** @throws {ConfigurationError} when a file cannot be read or used. */
export const openTlsFiles = (
  { pair, clientAuthorities }: TlsFilePaths,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): TlsFiles => {
  const paths = { cert: pair?.certificate, key: pair?.key, ca: clientAuthorities }
  let texts = readAll(paths)
  const authorities = texts.ca === undefined ? undefined : openAuthorities(texts.ca, { path: paths.ca, clock })
  if (pair !== undefined) checkPair(texts, pair)

  const followers = new Set<(material: TlsMaterial) => void>()
  const isServing = pair !== undefined
  let refused = ''

  const reload = async (): Promise<void> => {
    let next: Texts | undefined
    try {
      next = await readAgain(paths)
      if (isSame(next, texts)) return
      if (pair !== undefined) checkPair(next, pair)
      if (next.ca !== undefined && next.ca !== texts.ca) authorities?.replace(next.ca)
      texts = next
      for (const apply of followers) apply(texts)
      refused = ''
      logger.info('new TLS files are in use')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      // said once for each state that the files are in
      const state = JSON.stringify([next, reason])
      if (state === refused) return
      refused = state
      logger.error({ reason }, 'the new TLS files cannot be used; those of before stay in use')
    }
  }

  let looking = false
  const timer = setInterval(async () => {
    if (looking) return
    looking = true
    await reload()
    looking = false
  }, lookEveryMs)
  timer.unref()

  return {
    get material() {
      return isServing ? texts : undefined
    },
    authorities,
    follow: (apply) => followers.add(apply),
    reload,
    stop: () => clearInterval(timer),
  }
}

type Paths = Readonly<Record<'cert' | 'key' | 'ca', string | undefined>>

const readAll = ({ cert, key, ca }: Paths): Texts => {
  const read = (path: string | undefined): string | undefined => {
    if (path === undefined) return undefined
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw new ConfigurationError([`${path}: ${error instanceof Error ? error.message : 'cannot be read'}`])
    }
  }
  return { cert: read(cert) ?? '', key: read(key) ?? '', ca: read(ca) }
}

const readAgain = async ({ cert, key, ca }: Paths): Promise<Texts> => {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path, 'utf8'))
  const [nextCert, nextKey, nextCa] = await Promise.all([read(cert), read(key), read(ca)])
  return { cert: nextCert ?? '', key: nextKey ?? '', ca: nextCa }
}

const isSame = (one: Texts, other: Texts): boolean =>
  one.cert === other.cert && one.key === other.key && one.ca === other.ca

/** @throws {ConfigurationError} */
const checkPair = (
  texts: Texts,
  { certificate, key }: { readonly certificate: string; readonly key: string },
): void => {
  try {
    createSecureContext(contextOptions(texts))
  } catch (error) {
    // OpenSSL's codes name what is wrong and nothing of the key
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new ConfigurationError([
      `${certificate} and ${key} cannot be used (${code}): are they a certificate and its key, in PEM, the key not encrypted?`,
    ])
  }
}

/** RFC 9325 §4.2: what it recommends for TLS 1.2, and nothing else; those of TLS 1.3 are good as they are. */
const ciphers = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
].join(':')

/** RFC 9325 §3.1.1: TLS 1.2 at least. Node's own list of authorities is no list of clients'. */
export const contextOptions = ({ cert, key, ca }: TlsMaterial) =>
  ({ cert, key, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2', ciphers }) as const

const openAuthorities = (
  bundle: string,
  { path, clock }: { readonly path: string | undefined; readonly clock: Clock },
): ClientAuthorities => {
  try {
    return createClientAuthorities(bundle, clock)
  } catch (error) {
    throw new ConfigurationError([`${path} ${error instanceof Error ? error.message : 'cannot be used'}`])
  }
}
