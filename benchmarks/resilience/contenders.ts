/** Who is put through the scenarios, each used as its documentation shows. */
import { generateKeyPairSync } from 'node:crypto'
import {
  ConfidentialClientApplication,
  type NetworkRequestOptions,
  type NetworkResponse,
  ProtocolMode,
} from '@azure/msal-node'
import { createTokenManager, type TokenManager } from '@credence/client'
import { PrivateKeyJwt } from 'oauth4webapi'
import * as openid from 'openid-client'
import { ClientCredentials } from 'simple-oauth2'
import type { FaultyServer } from './faulty_server.ts'
import { deadlineMs, type SimulatedTime } from './simulated_time.ts'

export interface Contender {
  readonly getToken: () => Promise<string>
  /** Ours alone, with whether a request is under way behind the caller's back. */
  readonly tokens?: TokenManager
  readonly isBusy?: () => boolean
}

export interface Setting {
  readonly server: FaultyServer
  readonly time: SimulatedTime
  readonly auth: 'client_secret' | 'private_key_jwt'
}

/** Undefined: has no such way to authenticate. */
export type Enter = (setting: Setting) => Promise<Contender> | Contender | undefined

const client = { id: 'job', secret: 'cs_secret', scope: 'jobs:read' }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const importedKey = crypto.subtle.importKey(
  'pkcs8',
  rsa.privateKey.export({ type: 'pkcs8', format: 'der' }),
  { name: 'RSA-PSS', hash: 'SHA-256' },
  false,
  ['sign'],
)

const enterCredence: Enter = async ({ server, time, auth }) => {
  const { clock, sleep } = time
  let underWay = 0
  const tokens = createTokenManager({
    issuer: server.url,
    clientId: client.id,
    scope: client.scope,
    ...(auth === 'client_secret' ? { clientSecret: client.secret } : { auth: PrivateKeyJwt(await importedKey) }),
    clock,
    sleep,
    timeoutMs: deadlineMs,
    // the least of every random pause: nobody is spared a request by chance
    random: () => 0,
    fetch: (...request) => {
      underWay++
      return fetch(...request)
    },
    onEvent: ({ type }) => {
      if (type === 'request') underWay--
    },
  })
  return { tokens, isBusy: () => underWay > 0, getToken: async () => (await tokens.getToken()).accessToken }
}

/** Ours, in a few lines, after the ReuseTokenSource of golang.org/x/oauth2: one caller at a time, until 10 s before expiry. */
const enterReuseTokenSource: Enter = ({ server, auth }) => {
  if (auth !== 'client_secret') return undefined
  let held: { readonly accessToken: string; readonly expiresAt: number } | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const request = async () => {
    const headers = { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` }
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: client.scope })
    const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number }
    return { accessToken: access_token, expiresAt: Date.now() / 1000 + expires_in }
  }
  const getToken = async () => {
    if (held === undefined || held.expiresAt - 10 < Date.now() / 1000) held = await request()
    return held.accessToken
  }
  return {
    getToken: () => {
      const mine = turn.then(getToken)
      turn = mine.catch(() => undefined)
      return mine
    },
  }
}

const enterMsal: Enter = ({ server, auth }) => {
  // https only, and metadata of its own kind: both are given, so that every request that is left is a token request
  const authority = 'https://as.example.com'
  const send =
    (method: string) =>
    async <T>(url: string, { body, headers = {} }: NetworkRequestOptions = {}): Promise<NetworkResponse<T>> => {
      const init = { method, headers, ...(body !== undefined && { body }) }
      const response = await fetch(server.url + new URL(url).pathname, init)
      const answer = (await response.json()) as T
      return { status: response.status, headers: Object.fromEntries(response.headers), body: answer }
    }
  const privateKey = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: client.id,
      authority,
      knownAuthorities: ['as.example.com'],
      authorityMetadata: JSON.stringify({
        issuer: authority,
        authorization_endpoint: `${authority}/authorize`,
        token_endpoint: `${authority}/oauth/token`,
        jwks_uri: `${authority}/jwks`,
      }),
      ...(auth === 'client_secret'
        ? { clientSecret: client.secret }
        : { clientCertificate: { thumbprintSha256: 'a'.repeat(64), privateKey } }),
    },
    system: {
      protocolMode: ProtocolMode.OIDC,
      networkClient: { sendGetRequestAsync: send('GET'), sendPostRequestAsync: send('POST') },
    },
  })
  return {
    getToken: async () => {
      const result = await application.acquireTokenByClientCredential({ scopes: [client.scope] })
      return result?.accessToken ?? ''
    },
  }
}

/** Keeps no tokens: each call is a grant. */
const enterOpenidClient: Enter = async ({ server, auth }) => {
  const method =
    auth === 'client_secret' ? openid.ClientSecretBasic(client.secret) : openid.PrivateKeyJwt(await importedKey)
  const metadata = { issuer: server.url, token_endpoint: `${server.url}/oauth/token` }
  const configuration = new openid.Configuration(metadata, client.id, undefined, method)
  openid.allowInsecureRequests(configuration)
  return {
    getToken: async () => {
      const { access_token } = await openid.clientCredentialsGrant(configuration, { scope: client.scope })
      return access_token
    },
  }
}

/** Keeps no tokens either, but says whether one has expired; the caller keeps it and asks, as its page shows. */
const enterSimpleOauth2: Enter = ({ server, auth }) => {
  if (auth !== 'client_secret') return undefined
  const oauth = new ClientCredentials({
    client: { id: client.id, secret: client.secret },
    auth: { tokenHost: server.url, tokenPath: '/oauth/token' },
    options: { authorizationMethod: 'header' },
  })
  let held: Awaited<ReturnType<typeof oauth.getToken>> | undefined
  return {
    getToken: async () => {
      if (held === undefined || held.expired()) held = await oauth.getToken({ scope: client.scope })
      return String(held.token.access_token)
    },
  }
}

export const ours = '@credence/client'

export const contenders: Readonly<Record<string, Enter>> = {
  [ours]: enterCredence,
  'token source as in Go': enterReuseTokenSource,
  '@azure/msal-node': enterMsal,
  'openid-client': enterOpenidClient,
  'simple-oauth2': enterSimpleOauth2,
}
