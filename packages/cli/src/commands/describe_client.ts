/** A client in words: what the terminal shows of one that exists, and of one that was just made. */
import type { CredentialDocument } from '../rotation/credential_api.ts'
import { describeAccepted, describeKeyFile } from '../rotation/describe_credentials.ts'
import { formatDuration, formatTime } from '../terminal/times.ts'
import { describeGrants, type GrantDocument } from './grant.ts'

/** A client as the management API gives it. */
export interface ClientDocument {
  readonly client_id: string
  readonly client_name?: string
  readonly token_endpoint_auth_method?: string
  readonly default_scope?: readonly string[]
  readonly token_ttl_seconds?: number
  readonly serves?: readonly string[]
  readonly quota?: { readonly tokens_per_minute: number; readonly mode: 'observe' | 'enforce' }
  readonly managed_rotation?: { readonly overlap_seconds: number }
  readonly dpop_bound_access_tokens?: boolean
  readonly tls_client_certificate_bound_access_tokens?: boolean
  readonly disabled: boolean
  readonly client_id_issued_at: number
}

/** What the creation of a client is answered with. */
export interface NewClientDocument extends ClientDocument {
  readonly grants: readonly GrantDocument[]
  readonly credential_id?: string
  /** Of a client with a secret. */
  readonly client_secret?: string
  readonly client_secret_expires_at?: number
  readonly credentials: readonly CredentialDocument[]
  readonly issuer: string
  readonly token_endpoint: string
}

/** Lines that a shell or an .env file takes as they are; what is for people is a comment. */
export const describeNewClient = (client: NewClientDocument, keyFile: string | undefined): readonly string[] => {
  const { client_secret: secret, client_secret_expires_at: expiresAt = 0 } = client
  return [
    `# client ${client.client_id}, which may ask for ${describeGrants(client.grants)}`,
    ...(secret === undefined
      ? describeAuthentication(client)
      : [
          '# The secret is shown this once. Keep it where the service reads its secrets.',
          ...(expiresAt === 0 ? [] : [`# It expires ${formatTime(expiresAt)}.`]),
        ]),
    `CREDENCE_ISSUER=${client.issuer}`,
    `CREDENCE_TOKEN_ENDPOINT=${client.token_endpoint}`,
    `CREDENCE_CLIENT_ID=${client.client_id}`,
    ...(secret === undefined ? [] : [`CREDENCE_CLIENT_SECRET=${secret}`]),
    ...(keyFile === undefined ? [] : describeKeyFile(keyFile)),
  ]
}

/** What stands in the place of a secret: what it accepts, or what has to be configured first. */
const describeAuthentication = ({
  client_id: id,
  credentials,
  token_endpoint_auth_method: method,
}: NewClientDocument): readonly string[] => [
  '# It has no secret.',
  ...(credentials.length === 0 ? [`# It cannot authenticate yet: ${nextStep(id, method)}`] : []),
  ...credentials.flatMap(describeAccepted).map((line) => `# ${line}`),
]

const nextStep = (id: string, method: string | undefined): string => {
  const add = `credence credential add ${id}`
  switch (method) {
    case 'federated':
      return `${add} --federated kubernetes|github|gitlab|google|aws|azure|spiffe|oidc --subject S`
    case 'tls_client_auth':
      return `${add} --san-dns NAME, or --subject-dn DN`
    case 'self_signed_tls_client_auth':
      return `${add} --certificate FILE`
    default:
      return `${add} --jwks FILE, --jwks-uri URL or --generate-key FILE`
  }
}

const describeQuota = ({ tokens_per_minute: tokens, mode }: NonNullable<ClientDocument['quota']>): string =>
  `${tokens}/min on each replica; ${mode === 'enforce' ? 'more is refused' : 'more is only counted'}`

export const describeClient = (client: ClientDocument): readonly string[] => [
  `client ${client.client_id}, ${client.disabled ? 'disabled: it gets no tokens' : 'enabled'}`,
  ...(client.client_name === undefined ? [] : [`  name         ${client.client_name}`]),
  `  proves by    ${client.token_endpoint_auth_method ?? 'whatever credentials it has'}`,
  ...(client.dpop_bound_access_tokens === true
    ? ['  bound by     DPoP: its tokens are of no use without its key']
    : []),
  ...(client.tls_client_certificate_bound_access_tokens === true
    ? ['  bound by     its certificate: its tokens are of no use without that']
    : []),
  ...(client.default_scope === undefined ? [] : [`  asks for     ${client.default_scope.join(' ')} by default`]),
  ...(client.token_ttl_seconds === undefined
    ? []
    : [`  tokens live  ${formatDuration(client.token_ttl_seconds)} at most`]),
  ...(client.quota === undefined ? [] : [`  quota        ${describeQuota(client.quota)}`]),
  ...(client.managed_rotation === undefined
    ? []
    : [
        `  rotates      its own secret; the replaced one works for ${formatDuration(client.managed_rotation.overlap_seconds)}`,
      ]),
  ...(client.serves === undefined ? [] : [`  serves       ${client.serves.join(' ')}`]),
  `  created      ${formatTime(client.client_id_issued_at)}`,
]
