/** The setting of the assertion tests: an API, clients with keys, and a hand that makes assertions right or wrong. RFC 7523. */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { join } from 'node:path'
import { systemClock, systemRandomness } from '@credence/protocol'
import { type Client, openStorage, type Storage } from '@credence/storage'
import {
  type ClientKeySource,
  createKeyCredentials,
} from '../../packages/server/src/client_auth/assertions/client_keys.ts'
import type { RunningCredence } from '../support/credence.ts'
import type { HttpAnswer } from '../support/http.ts'
import { callTokenEndpoint } from '../support/token.ts'

export const audience = 'https://orders.example.com'
export const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const now = (): number => Math.floor(Date.now() / 1000)

export type KeyType = 'ES256' | 'PS256' | 'RS256' | 'EdDSA'

export interface TestKey {
  readonly alg: KeyType
  readonly kid: string
  readonly privateKey: KeyObject
  /** As it is registered. */
  readonly publicJwk: Readonly<Record<string, unknown>>
}

const generate = (alg: KeyType): KeyObject => {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

export const createKey = (alg: KeyType = 'ES256', kid: string = randomUUID()): TestKey => {
  const privateKey = generate(alg)
  return { alg, kid, privateKey, publicJwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg } }
}

const encode = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export interface Parts {
  /** In place of what is right, or beside it; undefined takes a member away. A string is the text itself. */
  readonly header?: Readonly<Record<string, unknown>> | string
  readonly claims?: Readonly<Record<string, unknown>> | string
}

/** The claims of an assertion that is right. */
export const rightClaims = (clientId: string, aud: unknown) => ({
  iss: clientId,
  sub: clientId,
  aud,
  iat: now(),
  exp: now() + 60,
  jti: randomUUID(),
})

/** What is signed of an assertion. */
export const signingInput = (right: object, claims: object, parts: Parts): string => {
  const header = typeof parts.header === 'string' ? parts.header : { ...right, ...parts.header }
  const payload = typeof parts.claims === 'string' ? parts.claims : { ...claims, ...parts.claims }
  return `${encode(header)}.${encode(payload)}`
}

export const signWith = ({ alg, privateKey }: Pick<TestKey, 'alg' | 'privateKey'>, input: string): string => {
  const bytes = Buffer.from(input)
  if (alg === 'EdDSA') return sign(null, bytes, privateKey).toString('base64url')
  if (alg === 'ES256')
    return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}
  return sign('sha256', bytes, { key: privateKey, ...padding }).toString('base64url')
}

/** An assertion of a client: right, but for what is given. */
export const makeAssertion = (
  key: TestKey,
  { clientId, issuer }: { readonly clientId: string; readonly issuer: string },
  parts: Parts = {},
): string => {
  const header = { alg: key.alg, typ: 'client-authentication+jwt', kid: key.kid }
  const input = signingInput(header, rightClaims(clientId, issuer), parts)
  return `${input}.${signWith(key, input)}`
}

/** An assertion authenticated with a secret, or with anything else that is not a secret. */
export const makeHmacAssertion = (
  secret: string | Buffer,
  { clientId, issuer }: { readonly clientId: string; readonly issuer: string },
  parts: Parts = {},
): string => {
  const input = signingInput({ alg: 'HS256', typ: 'JWT' }, rightClaims(clientId, issuer), parts)
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** A token request with an assertion. */
export const askWith = (
  credence: Pick<RunningCredence, 'public'>,
  assertion: string,
  form: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> =>
  callTokenEndpoint(credence, { form: { client_assertion_type: jwtBearer, client_assertion: assertion, ...form } })

export type AssertionClient = Partial<
  Pick<Client, 'tokenEndpointAuthMethod' | 'tokenEndpointAudience' | 'disabled' | 'serves'>
>

/** Creates clients with keys straight in the store of a server, which reads of them when they first ask. */
export const openRegistrar = async (credence: RunningCredence, databaseUrl?: string) => {
  const database =
    databaseUrl === undefined
      ? ({ kind: 'sqlite', file: join(credence.data, 'credence.db') } as const)
      : ({ kind: 'postgres', url: databaseUrl } as const)
  const storage: Storage = await openStorage({ database })
  const addKeys = async (clientId: string, source: ClientKeySource, expiresIn?: number) => {
    const deps = { clock: systemClock, randomness: systemRandomness, allowPrivateAddresses: true, expiresIn }
    const credentials = createKeyCredentials(clientId, source, deps)
    for (const credential of credentials) await storage.credentials.create(credential)
    return credentials
  }
  return {
    storage,
    addKeys,
    /** Returns its credentials. */
    async register(clientId: string, source: ClientKeySource, settings: AssertionClient = {}) {
      await credence.createClient({ client_id: clientId, grants: [{ audience, scopes: ['orders:read'] }] })
      const client = await storage.clients.find(clientId)
      if (client === undefined) throw new Error(`${clientId} is not there`)
      await storage.clients.update({ ...client, ...settings })
      return addKeys(clientId, source)
    },
    close: () => storage.close(),
  }
}

export type Registrar = Awaited<ReturnType<typeof openRegistrar>>
