/** What the modules meet where mutual TLS is both the client's authentication and what binds its tokens. RFC 8705. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createLocalKeySet } from '@credence/jwt'
import { createResourceServer } from '@credence/verifier'
import { requireToken } from '@credence/verifier/node'
import type { MadeCertificate } from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { callTls, grant, makeClientCertificate, makeTlsFolder, startTlsCredence } from '../mtls/setting.ts'
import { type HttpAnswer, jsonOf } from '../support/http.ts'

export interface CertifiedClient {
  readonly clientId: string
  readonly certificate: MadeCertificate
}

export interface MtlsSetting {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly client: CertifiedClient
  readonly client2: CertifiedClient
  /** Who is trusted to be the server, for whoever connects by themselves. */
  readonly ca: string
  readonly readMetadata: () => Promise<HttpAnswer>
  /** A token request that names a client, over a connection with this certificate, or with none. */
  readonly askToken: (clientId: string, certificate: MadeCertificate | undefined) => Promise<HttpAnswer>
  readonly callResource: (
    token: string,
    certificate: MadeCertificate | undefined,
    scheme?: string,
  ) => Promise<HttpAnswer>
  readonly dispose: () => Promise<void>
}

const audience = 'https://orders.example.com'

export const startMtlsSetting = async (): Promise<MtlsSetting> => {
  const folder = await makeTlsFolder()
  const credence = await startTlsCredence(folder, ['--profile', 'fapi2'])
  const { issuer } = credence
  const ca = folder.server.cert

  const createClient = async (clientId: string): Promise<CertifiedClient> => {
    const answer = await credence.manage('POST', '/clients', {
      client_id: clientId,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: `CN=${clientId}`,
      grants: [{ audience, scopes: ['orders:read'] }],
    })
    if (answer.status !== 201) throw new Error(`${clientId}: ${answer.status} ${answer.body}`)
    return { clientId, certificate: makeClientCertificate({ subject: clientId }) }
  }

  const keySet = jsonOf(await callTls(`${issuer}/.well-known/jwks.json`, { ca }))
  const api = createResourceServer({
    resource: audience,
    issuers: [{ issuer, keys: createLocalKeySet(keySet) }],
    requireBoundTokens: true,
  })
  const { cert, key } = folder.server
  const http = createServer(
    { cert, key, requestCert: true, rejectUnauthorized: false },
    requireToken(api, { all: ['orders:read'] }, (request, response) => response.end(request.token.clientId)),
  )
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const resourceUrl = `https://127.0.0.1:${(http.address() as AddressInfo).port}/orders`

  return {
    ...{ issuer, ca, tokenEndpoint: `${issuer}/oauth/token` },
    client: await createClient('client-1'),
    client2: await createClient('client-2'),
    readMetadata: () => callTls(`${issuer}/.well-known/oauth-authorization-server`, { ca }),
    askToken: (clientId, certificate) =>
      callTls(`${issuer}/oauth/token`, { ca, client: certificate, form: grant(clientId) }),
    callResource: (token, certificate, scheme = 'Bearer') =>
      callTls(resourceUrl, { ca, client: certificate, headers: { authorization: `${scheme} ${token}` } }),
    dispose: async () => {
      http.close()
      http.closeAllConnections()
      await credence.dispose()
      await folder.dispose()
    },
  }
}
