/** The private key that assertions are signed with, from whatever form it comes in. RFC 7517, RFC 5958 (PKCS #8). */
import type { CryptoKey } from 'oauth4webapi'
import { TokenError } from '../token_error.ts'

/** What this package signs with. RS256 is for servers that know nothing newer. */
export type SigningAlg = 'ES256' | 'PS256' | 'RS256' | 'EdDSA'

/** A node:crypto KeyObject, so far as it is used: the core of this package runs where there is no node:crypto. */
export interface ExportableKey {
  readonly type: string
  export(options: { readonly format: 'jwk' }): PrivateJwk
}

/** A private JSON Web Key, as it was parsed. */
export interface PrivateJwk {
  readonly kty?: string | undefined
  readonly crv?: string | undefined
  readonly d?: string | undefined
  readonly alg?: string | undefined
  readonly kid?: string | undefined
  readonly [member: string]: unknown
}

/** PEM (PKCS #8, "BEGIN PRIVATE KEY"), JWK, CryptoKey or KeyObject. */
export type PrivateKeyInput = string | PrivateJwk | CryptoKey | ExportableKey

export interface SigningKey {
  readonly alg: SigningAlg
  readonly kid: string | undefined
  /** Imported when it is first needed, once. */
  readonly load: () => Promise<CryptoKey>
}

type KeyKind = 'EC P-256' | 'RSA' | 'Ed25519'

const algsOf: Readonly<Record<KeyKind, readonly SigningAlg[]>> = {
  'EC P-256': ['ES256'],
  RSA: ['PS256', 'RS256'],
  Ed25519: ['EdDSA'],
}

const importParameters: Readonly<Record<SigningAlg, { readonly name: string; readonly [parameter: string]: string }>> =
  {
    ES256: { name: 'ECDSA', namedCurve: 'P-256' },
    PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
    RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    EdDSA: { name: 'Ed25519' },
  }

export interface SigningKeyOptions {
  readonly key: PrivateKeyInput
  /** Needed for an RSA key; a key of another kind serves one algorithm. */
  readonly alg?: SigningAlg | undefined
  /** Default: that of a JWK. */
  readonly kid?: string | undefined
}

/**
 * Checks a private key and that it fits the algorithm, as far as can be told without waiting.
 *
 * @throws {TokenError} `invalid_configuration`, which says what is wrong and never holds the key
 */
export const parseSigningKey = ({ key, alg, kid }: SigningKeyOptions): SigningKey => {
  const material = parseMaterial(key)
  const chosen = chooseAlg(material, alg)
  let loading: Promise<CryptoKey> | undefined
  return {
    alg: chosen,
    kid: kid ?? material.kid,
    load: () => {
      loading ??= load(material, chosen)
      return loading
    },
  }
}

interface Material {
  readonly kind: KeyKind
  readonly source: CryptoKey | Readonly<Record<string, string>> | Uint8Array<ArrayBuffer>
  /** What the key itself says that it is for. */
  readonly alg: string | undefined
  readonly kid: string | undefined
}

const parseMaterial = (key: PrivateKeyInput): Material => {
  if (typeof key === 'string') return parsePem(key)
  if (typeof key !== 'object' || key === null) throw wrong('key must be PEM text, a JWK, a CryptoKey or a KeyObject')
  if (key instanceof CryptoKey) return parseCryptoKey(key)
  if (!isExportable(key)) return parseJwk(key)
  if (key.type !== 'private') throw wrong(`key is a ${key.type} KeyObject: give the private key`)
  return parseJwk(key.export({ format: 'jwk' }))
}

const isExportable = (key: ExportableKey | PrivateJwk): key is ExportableKey => typeof key.export === 'function'

const parseJwk = (jwk: PrivateJwk): Material => {
  const kind = `${jwk.kty} ${jwk.crv ?? ''}`.trim().replace('OKP ', '')
  if (!isKind(kind))
    throw wrong(`a JWK of kty ${jwk.kty} and crv ${jwk.crv} is not supported: EC P-256, RSA or Ed25519`)
  if (typeof jwk.d !== 'string') throw wrong('the JWK has no member d: it is a public key; give the private one')
  const { alg } = jwk
  // only what the key is: key_ops, ext and use of a file that was made for something else do not matter
  const { kty, crv, x, y, d, n, e, p, q, dp, dq, qi } = jwk
  const parts = Object.entries({ kty, crv, x, y, d, n, e, p, q, dp, dq, qi })
  const source: Record<string, string> = {}
  for (const [name, value] of parts) if (typeof value === 'string') source[name] = value
  return { kind, source, alg, kid: typeof jwk.kid === 'string' ? jwk.kid : undefined }
}

const parseCryptoKey = (source: CryptoKey): Material => {
  if (source.type !== 'private' || !source.usages.includes('sign')) {
    throw wrong('the CryptoKey must be a private key with the usage "sign"')
  }
  const { algorithm } = source
  const [kind, alg] = cryptoKeyKinds[describe(algorithm)] ?? []
  if (kind === undefined)
    throw wrong(`a CryptoKey for ${algorithm.name} is not supported, or not with these parameters`)
  return { kind, source, alg, kid: undefined }
}

const cryptoKeyKinds: Readonly<Record<string, readonly [KeyKind, SigningAlg]>> = {
  'ECDSA P-256': ['EC P-256', 'ES256'],
  'RSA-PSS SHA-256': ['RSA', 'PS256'],
  'RSASSA-PKCS1-v1_5 SHA-256': ['RSA', 'RS256'],
  Ed25519: ['Ed25519', 'EdDSA'],
}

const describe = (algorithm: {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: unknown
}): string => {
  const { name, namedCurve, hash } = algorithm
  const hashName = typeof hash === 'object' && hash !== null && 'name' in hash ? String(hash.name) : ''
  return `${name} ${namedCurve ?? hashName}`.trim()
}

/** The algorithm identifiers of PKCS #8, in hex: id-ecPublicKey with prime256v1, rsaEncryption, id-Ed25519. */
const pkcs8Kinds: readonly (readonly [identifier: string, kind: KeyKind])[] = [
  ['06072a8648ce3d020106082a8648ce3d030107', 'EC P-256'],
  ['06092a864886f70d010101', 'RSA'],
  ['06032b6570', 'Ed25519'],
]

const parsePem = (text: string): Material => {
  const [, label = '', encoded = ''] = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/.exec(text) ?? []
  if (label === '') throw wrong('key is text, but not PEM: "-----BEGIN PRIVATE KEY-----" …')
  if (label === 'RSA PRIVATE KEY' || label === 'EC PRIVATE KEY' || label === 'ENCRYPTED PRIVATE KEY') {
    throw wrong(`key is a PEM "${label}"; make it PKCS #8: openssl pkcs8 -topk8 -nocrypt -in key.pem`)
  }
  if (label !== 'PRIVATE KEY') throw wrong(`key is a PEM "${label}": give the private key, "PRIVATE KEY"`)
  const der = decodeBase64(encoded)
  // the identifier stands at the start; the key's own bytes come after it
  const head = Array.from(der.subarray(0, 48), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const kind = pkcs8Kinds.find(([identifier]) => head.includes(identifier))?.[1]
  if (kind === undefined) throw wrong('the PEM key is of another kind than EC P-256, RSA or Ed25519')
  return { kind, source: der, alg: undefined, kid: undefined }
}

const decodeBase64 = (text: string): Uint8Array<ArrayBuffer> => {
  try {
    return Uint8Array.from(atob(text.replaceAll(/\s/g, '')), (letter) => letter.charCodeAt(0))
  } catch {
    throw wrong('the PEM key is not base64')
  }
}

const chooseAlg = ({ kind, alg: own }: Material, asked: SigningAlg | undefined): SigningAlg => {
  const named = own === 'Ed25519' ? 'EdDSA' : own
  const possible = algsOf[kind].filter((alg) => named === undefined || alg === named)
  if (possible.length === 0) throw wrong(`the ${kind} key says that it is for ${own}, which it cannot be used for here`)
  if (asked !== undefined && !possible.includes(asked)) {
    throw wrong(`alg ${asked} does not fit the key: this ${kind} key signs with ${possible.join(' or ')}`)
  }
  const [only, ...others] = possible
  if (asked === undefined && others.length > 0) throw wrong('an RSA key signs with PS256 or RS256: say which by alg')
  return asked ?? only ?? 'ES256'
}

const load = async ({ source }: Material, alg: SigningAlg): Promise<CryptoKey> => {
  const key = await importKey(source, alg)
  // RFC 7518 §3.3, §3.5: "A key of size 2048 bits or larger MUST be used"
  if ('modulusLength' in key.algorithm && Number(key.algorithm.modulusLength) < 2048) {
    throw wrong('the RSA key is shorter than 2048 bits')
  }
  return key
}

const importKey = async (source: Material['source'], alg: SigningAlg): Promise<CryptoKey> => {
  if (source instanceof CryptoKey) return source
  try {
    return source instanceof Uint8Array
      ? await crypto.subtle.importKey('pkcs8', source, importParameters[alg], false, ['sign'])
      : await crypto.subtle.importKey('jwk', source, importParameters[alg], false, ['sign'])
  } catch {
    // what the platform says may hold parts of the key
    throw wrong('the private key cannot be imported: it is damaged, or its parts do not belong together')
  }
}

const isKind = (text: string): text is KeyKind => Object.hasOwn(algsOf, text)

const wrong = (message: string) => new TokenError('invalid_configuration', message)
