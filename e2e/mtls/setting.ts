/** The setting of the tests over mutual TLS: authorities, certificates, a server that has them, clients registered for them. RFC 8705. */
import { writeFile } from 'node:fs/promises'
import { Agent, request as startRequest } from 'node:https'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type CertificateCredential, type CertificateMatch, type Client, openStorage } from '@credence/storage'
import {
  type CertificateRequest,
  type MadeCertificate,
  makeAuthority,
  makeCertificate,
} from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { type HttpAnswer, jsonOf } from '../support/http.ts'

export const audience = 'https://orders.example.com'

const loopback = [
  { tag: 7, value: Buffer.from([127, 0, 0, 1]) },
  { tag: 2, value: 'localhost' },
] as const

/** A server's certificate for 127.0.0.1, which signs itself. */
export const makeServerCertificate = (subject = 'server'): MadeCertificate =>
  makeCertificate({ subject, names: loopback })

/** Who signs clients' certificates in these tests. */
export const clientAuthority = makeAuthority('Clients CA')

export const makeClientCertificate = (request: CertificateRequest): MadeCertificate =>
  makeCertificate({ issuer: clientAuthority, ...request })

/** What is listened with, in files. */
export interface TlsFolder {
  readonly path: string
  readonly server: MadeCertificate
  readonly certificate: string
  readonly key: string
  readonly ca: string
  readonly replaceServer: (server: { readonly cert: string; readonly key: string }) => Promise<void>
  readonly dispose: () => Promise<void>
}

export const makeTlsFolder = async (): Promise<TlsFolder> => {
  const { path, dispose } = await makeFolder()
  const server = makeServerCertificate()
  const [certificate, key, ca] = ['server.pem', 'server.key', 'clients.pem'].map((name) => join(path, name)) as [
    string,
    string,
    string,
  ]
  const replaceServer: TlsFolder['replaceServer'] = async (next) => {
    await writeFile(key, next.key, { mode: 0o600 })
    await writeFile(certificate, next.cert)
  }
  await replaceServer(server)
  await writeFile(ca, clientAuthority.cert)
  return { path, server, certificate, key, ca, replaceServer, dispose }
}

/** A server over TLS that trusts the clients' authority, with an API. */
export const startTlsCredence = async (folder: TlsFolder, args: readonly string[] = []): Promise<RunningCredence> => {
  const { certificate, key, ca } = folder
  const credence = await startCredence({
    args: ['--tls-certificate', certificate, '--tls-key', key, '--tls-client-ca', ca, ...args],
  })
  await credence.createApi({ audience, scopes: ['orders:read'] })
  return credence
}

/** Registers a client with certificates, straight in the store: nobody has asked for it yet, so the server finds it there. */
export const registerClient = async (
  { data }: Pick<RunningCredence, 'data'>,
  clientId: string,
  { matches, ...changed }: { readonly matches: readonly CertificateMatch[] } & Partial<Client>,
): Promise<void> => {
  await using opened = new AsyncDisposableStack()
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(data, 'credence.db') } })
  opened.defer(() => storage.close())
  const now = Math.floor(Date.now() / 1000)
  await storage.clients.create({ ...plainClient, clientId, createdAt: now, updatedAt: now, ...changed })
  await storage.grants.set({ clientId, audience, scopes: ['orders:read'], createdAt: now, updatedAt: now })
  for (const [index, certificate] of matches.entries()) {
    const credentialId = `cred_${clientId}_${index}`
    await storage.credentials.create({ ...plainCredential, credentialId, clientId, createdAt: now, certificate })
  }
}

const plainClient: Client = {
  clientId: '',
  name: undefined,
  tokenEndpointAuthMethod: undefined,
  tokenTtlSeconds: undefined,
  defaultScope: undefined,
  quota: undefined,
  dpopBoundAccessTokens: false,
  certificateBoundAccessTokens: false,
  tokenEndpointAudience: false,
  managedRotation: undefined,
  serves: [],
  disabled: false,
  createdAt: 0,
  updatedAt: 0,
  revision: 1,
}

const plainCredential: Omit<CertificateCredential, 'credentialId' | 'clientId' | 'certificate'> = {
  kind: 'certificate',
  label: undefined,
  createdAt: 0,
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: undefined,
  lastUsedFrom: undefined,
  lastUsedUserAgent: undefined,
  lifetimeSeconds: undefined,
  replaces: undefined,
}

/** Turns certificate-bound tokens on, straight in the store; the server follows within its delay. */
export const bindTokensOf = async ({ data }: Pick<RunningCredence, 'data'>, clientId: string): Promise<void> => {
  await using opened = new AsyncDisposableStack()
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(data, 'credence.db') } })
  opened.defer(() => storage.close())
  const client = await storage.clients.find(clientId)
  if (client !== undefined) await storage.clients.update({ ...client, certificateBoundAccessTokens: true })
}

/** Waits for what another process does in its own time. @throws when it has not after ten seconds. */
export const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 10_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('still not so after 10 s')
    await delay(50)
  }
}

export interface TlsCall {
  /** Certificate and key of the client. `cert` may be a chain. */
  readonly client?: { readonly cert: string; readonly key: string } | undefined
  /** Who is trusted to be the server. */
  readonly ca: string
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly agent?: Agent
}

const patienceMs = 20_000

/** A form over TLS; a GET where there is none. */
export const callTls = (
  url: string,
  { client, ca, form, headers, agent = new Agent({ keepAlive: false }) }: TlsCall,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const body = form && new URLSearchParams(form).toString()
    const request = startRequest(
      url,
      {
        ...{ ca, agent, method: body === undefined ? 'GET' : 'POST', signal: AbortSignal.timeout(patienceMs) },
        ...(client && { cert: client.cert, key: client.key }),
        headers: {
          ...(body !== undefined && {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': body.length,
          }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })

export const grant = (clientId: string): Readonly<Record<string, string>> => ({
  grant_type: 'client_credentials',
  client_id: clientId,
})

/** The claims of a token in an answer. @throws when it is a refusal. */
export const claimsOf = (answer: HttpAnswer): Readonly<Record<string, unknown>> => {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`)
  const [, claims = ''] = String(jsonOf(answer).access_token).split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString())
}
