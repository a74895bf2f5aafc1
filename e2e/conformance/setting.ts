/** What the modules meet: a server started with --profile fapi2, two clients with keys, and an API that takes bound tokens alone. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createResourceServer } from '@credence/verifier'
import { requireToken } from '@credence/verifier/node'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { createDpopClient, tokenHash } from '../../packages/jwt/src/testing/dpop_client.ts'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { type HttpAnswer, jsonOf, sendHttp } from '../support/http.ts'
import { callTokenEndpoint } from '../support/token.ts'

export const audience = 'https://accounts.example.com'
const scope = 'accounts:read'

export interface KeyedClient {
  readonly clientId: string
  readonly alg: 'ES256' | 'PS256'
  readonly privateKey: CryptoKey
}

export type ProofKey = Awaited<ReturnType<typeof createDpopClient>>

export interface AssertionOptions {
  readonly header?: object
  /** Who signs, unless the client itself does. */
  readonly signer?: Pick<KeyedClient, 'privateKey' | 'alg'>
}

export interface TokenCall {
  /** Undefined: none is sent. */
  readonly assertion?: string | undefined
  readonly proof?: string | string[] | undefined
  readonly form?: Readonly<Record<string, string>>
}

export interface ResourceCall {
  readonly token: string
  readonly proof: string | string[] | undefined
  /** DPoP unless given. */
  readonly scheme?: string
  /** DPoP unless given. */
  readonly headerName?: string
}

export interface Fapi2Setting {
  readonly credence: RunningCredence
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly resourceUrl: string
  readonly client: KeyedClient
  readonly client2: KeyedClient
  /** Makes a client with a key of its own; the key is registered as it is given here. */
  readonly createClient: (clientId: string, alg: string, registered?: object) => Promise<KeyedClient>
  readonly assertionClaims: (clientId: string) => JWTPayload & { readonly iat: number }
  /** An assertion that is right but for what is given. */
  readonly assert: (client: KeyedClient, claims?: object, options?: AssertionOptions) => Promise<string>
  /** A proof for the token endpoint that is right but for what is given. */
  readonly prove: (key: ProofKey, claims?: object, header?: object) => string
  /** A proof for the resource that is right but for what is given. */
  readonly proveAtResource: (key: ProofKey, token: string, claims?: object, header?: object) => string
  readonly askToken: (call: TokenCall) => Promise<HttpAnswer>
  /** Everything right. */
  readonly getToken: (client: KeyedClient, key: ProofKey) => Promise<string>
  readonly callResource: (call: ResourceCall) => Promise<HttpAnswer>
  readonly createProofKey: typeof createDpopClient
  readonly dispose: () => Promise<void>
}

export const now = (): number => Math.floor(Date.now() / 1000)

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const startFapi2Setting = async (args: readonly string[] = []): Promise<Fapi2Setting> => {
  const credence = await startCredence({ args: ['--profile', 'fapi2', ...args] })
  await credence.createApi({ audience, scopes: [scope] })
  const { issuer } = credence
  const tokenEndpoint = `${issuer}/oauth/token`
  const api = await startApi(issuer)

  const createClient: Fapi2Setting['createClient'] = async (clientId, alg, registered) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), ...(registered ?? { alg }) }
    const answer = await credence.manage('POST', '/clients', {
      client_id: clientId,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      grants: [{ audience, scopes: [scope] }],
    })
    if (answer.status !== 201) throw new Error(`${clientId}: ${answer.status} ${answer.body}`)
    return { clientId, alg: alg === 'ES256' ? 'ES256' : 'PS256', privateKey }
  }

  const assertionClaims = (clientId: string) => ({
    ...{ iss: clientId, sub: clientId, aud: issuer },
    ...{ jti: randomUUID(), iat: now(), exp: now() + 60 },
  })

  const assert: Fapi2Setting['assert'] = (client, claims = {}, { header = {}, signer = client } = {}) =>
    new SignJWT({ ...assertionClaims(client.clientId), ...claims })
      .setProtectedHeader({ alg: signer.alg, ...header })
      .sign(signer.privateKey)

  const prove: Fapi2Setting['prove'] = (key, claims = {}, header = {}) =>
    key.prove({ htm: 'POST', htu: tokenEndpoint, iat: now(), ...claims }, header)

  const askToken: Fapi2Setting['askToken'] = ({ assertion, proof, form = {} }) =>
    callTokenEndpoint(credence, {
      form: {
        scope,
        ...(assertion !== undefined && { client_assertion: assertion, client_assertion_type: assertionType }),
        ...form,
      },
      headers: proof === undefined ? {} : { dpop: proof },
    })

  return {
    ...{
      credence,
      issuer,
      tokenEndpoint,
      resourceUrl: api.url,
      createClient,
      assertionClaims,
      assert,
      prove,
      askToken,
    },
    client: await createClient('client-1', 'ES256'),
    client2: await createClient('client-2', 'PS256'),
    createProofKey: createDpopClient,
    proveAtResource: (key, token, claims = {}, header = {}) =>
      key.prove({ htm: 'GET', htu: api.url, iat: now(), ath: tokenHash(token), ...claims }, header),
    getToken: async (client, key) => {
      const answer = await askToken({ assertion: await assert(client), proof: prove(key) })
      if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.body}`)
      return String(jsonOf(answer).access_token)
    },
    callResource: ({ token, proof, scheme = 'DPoP', headerName = 'DPoP' }) =>
      sendHttp(api.listener, {
        path: api.path,
        headers: { authorization: `${scheme} ${token}`, ...(proof !== undefined && { [headerName]: proof }) },
      }),
    dispose: async () => {
      api.close()
      await credence.dispose()
    },
  }
}

/** An API behind the verifier, as the profile wants one. */
const startApi = async (issuer: string) => {
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const publicUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const api = createResourceServer({
    resource: audience,
    issuers: [{ issuer }],
    dpop: { publicUrl, algorithms: ['ES256', 'EdDSA', 'PS256'] },
    requireBoundTokens: true,
  })
  const answer = requireToken(api, { all: [scope] }, (request, response) => response.end(request.token.clientId))
  http.on('request', answer)
  return {
    url: `${publicUrl}/accounts`,
    path: '/accounts?page=1',
    listener: { url: publicUrl },
    close: () => {
      http.close()
      http.closeAllConnections()
    },
  }
}
