/** Credentials as the management API shows them, and the calls about them. */
import { type ManagementClient, pathOf } from '../management/management_client.ts'

export interface CredentialDocument {
  readonly credential_id: string
  readonly client_id: string
  readonly kind: string
  readonly label?: string
  readonly status: 'live' | 'expired' | 'revoked'
  readonly created_at: number
  readonly expires_at?: number
  readonly revoked_at?: number
  readonly last_used_at?: number
  readonly last_used_from?: string
  readonly last_used_user_agent?: string
  /** The credential that the client replaced with this one by itself. */
  readonly replaces?: string
  /** What the client has to present, for people. Not there for a secret. */
  readonly accepts?: string
  readonly jwks_uri?: string
}

/** With what can be said of it at the moment. */
export interface CredentialOutlook extends CredentialDocument {
  /** Since its last use, or since it was made. */
  readonly idle_seconds: number
  /** How long a token that it got may be held. */
  readonly token_lifetime_seconds: number
  readonly retirement: { readonly safe: boolean; readonly because: string }
  readonly warning?: string
}

export interface NewCredentialDocument extends CredentialDocument {
  readonly client_secret: string
  readonly client_secret_expires_at: number
}

export interface NewSecret {
  readonly label?: string
  /** Seconds from now. */
  readonly expires?: number
}

/** What was made of keys, a certificate or a platform. */
export interface NewCredentialsDocument {
  readonly client_id: string
  readonly credentials: readonly CredentialDocument[]
}

/** What rotation needs of the management API. */
export interface CredentialApi {
  /** Oldest first, revoked ones included. */
  list(client: string): Promise<readonly CredentialOutlook[]>
  get(client: string, credential: string): Promise<CredentialOutlook>
  add(client: string, secret: NewSecret): Promise<NewCredentialDocument>
  /** With `andTokens`, what it got is denied too. */
  revoke(client: string, credential: string, options?: { readonly andTokens?: true }): Promise<CredentialDocument>
}

/** With those that are no secrets. */
export interface WholeCredentialApi extends CredentialApi {
  /** @param members in wire names */
  addOthers(
    client: string,
    what: NewSecret,
    members: Readonly<Record<string, unknown>>,
  ): Promise<NewCredentialsDocument>
}

export const createCredentialApi = (management: ManagementClient): WholeCredentialApi => ({
  list: (client) => management.list(pathOf`/clients/${client}/credentials`),
  get: (client, credential) => management.get(pathOf`/clients/${client}/credentials/${credential}`),
  add: (client, secret) => management.post(pathOf`/clients/${client}/credentials`, toBody(secret)),
  addOthers: (client, what, members) =>
    management.post(pathOf`/clients/${client}/credentials`, { ...toBody(what), ...members }),
  revoke: (client, credential, { andTokens } = {}) =>
    management.delete(`${pathOf`/clients/${client}/credentials/${credential}`}${andTokens ? '?and_tokens=true' : ''}`),
})

const toBody = ({ label, expires }: NewSecret) => ({
  ...(label !== undefined && { label }),
  ...(expires !== undefined && { expires_in: expires }),
})
