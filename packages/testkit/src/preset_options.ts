/** What the preset of the same name in `@credence/client/presets` is given to reach a test server. */
import type { TestClient } from './registered_client.ts'
import { cognitoUserPool } from './skins/cognito.ts'
import { entraTenant } from './skins/entra.ts'
import { keycloakRealm } from './skins/keycloak.ts'
import type { SkinUrls } from './skins/skin.ts'
import type { SkinName } from './skins/skins.ts'

/** The members of a service account's key file that a client reads. Wire names. */
export interface ServiceAccountKey {
  readonly type: 'service_account'
  readonly project_id: string
  readonly private_key_id: string
  readonly private_key: string
  readonly client_email: string
  readonly client_id: string
  readonly token_uri: string
}

export interface PresetOptions {
  readonly credence: TestClient & { readonly issuer: string; readonly audience: string }
  readonly generic: TestClient & { readonly issuer: string; readonly audience: string }
  readonly auth0: TestClient & { readonly domain: string; readonly audience: string }
  readonly okta: TestClient & { readonly domain: string; readonly scope: string }
  readonly entra: TestClient & { readonly authority: string; readonly tenant: string; readonly scope: string }
  readonly cognito: TestClient & { readonly domain: string; readonly userPoolId: string; readonly issuer: string }
  readonly google: { readonly key: ServiceAccountKey; readonly scope: string }
  readonly keycloak: TestClient & { readonly url: string; readonly realm: string }
}

export interface PresetContext {
  readonly urls: SkinUrls
  readonly client: TestClient
  readonly audience: string
  readonly scope: string
  /** The default client's private key in PEM, and its id. */
  readonly key: { readonly pem: string; readonly kid: string } | undefined
}

export const presetOptionsFor: { readonly [Name in SkinName]: (context: PresetContext) => PresetOptions[Name] } = {
  credence: ({ urls, client, audience }) => ({ ...client, issuer: urls.issuer, audience }),
  generic: ({ urls, client, audience }) => ({ ...client, issuer: urls.issuer, audience }),
  auth0: ({ urls, client, audience }) => ({ ...client, domain: new URL(urls.token).origin, audience }),
  okta: ({ urls, client, scope }) => ({ ...client, domain: new URL(urls.token).origin, scope }),
  entra: ({ urls, client, audience }) => ({
    ...client,
    authority: new URL(urls.token).origin,
    tenant: entraTenant,
    scope: `${audience}/.default`,
  }),
  cognito: ({ urls, client }) => ({
    ...client,
    domain: new URL(urls.token).origin,
    userPoolId: cognitoUserPool,
    issuer: urls.issuer,
  }),
  google: ({ urls, client, scope, key }) => ({
    key: {
      type: 'service_account',
      project_id: 'example-project',
      private_key_id: key?.kid ?? '',
      private_key: key?.pem ?? '',
      client_email: client.clientId,
      client_id: '100000000000000000001',
      token_uri: urls.token,
    },
    scope,
  }),
  keycloak: ({ urls, client }) => ({ ...client, url: new URL(urls.token).origin, realm: keycloakRealm }),
}
