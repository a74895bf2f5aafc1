/** Preset for Microsoft Entra ID, v2.0 token endpoint: applications that act for themselves. */
import { clientSecretPost } from '../client_auth/client_secret_post.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import {
  type ClientOptions,
  chooseAuth,
  parseOrigin,
  refuseOptions,
  requireText,
  scopesOf,
  wrong,
} from './client_options.ts'
import { explainRefusals, type Meaning, type ProviderRefusal } from './explain_refusals.ts'

export interface EntraOptions extends ClientOptions {
  /** App registrations › the app › Overview › Directory (tenant) ID, or a domain of the directory. */
  readonly tenant: string
  /** The application ID URI of the API and `/.default`: `api://…/.default`, `https://graph.microsoft.com/.default`. */
  readonly scope: string
  /** Of a national cloud, such as `https://login.microsoftonline.us`. Default: `https://login.microsoftonline.com`. */
  readonly authority?: string | undefined
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const domainName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i

/**
 * Options for an app registration of Entra ID.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const entra = ({
  tenant,
  authority = 'https://login.microsoftonline.com',
  ...options
}: EntraOptions): TokenManagerOptions => {
  const origin = parseOrigin(authority, 'authority is the host of a cloud: https://login.microsoftonline.com')
  checkTenant(tenant)
  checkScope(options.scope)
  checkCredentials(options)
  refuseOptions(options, {
    audience: 'Entra names the API by scope (api://…/.default), and has no use for audience',
    resource: 'resource is of the v1 endpoint: give scope, the resource and /.default',
  })
  return {
    ...options,
    clientSecret: undefined,
    issuer: `${origin}/${tenant}/v2.0`,
    tokenEndpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
    ...chooseAuth(options, clientSecretPost),
    translateAnswer: explainRefusals('Entra', explain),
  }
}

const checkTenant = (tenant: string): void => {
  requireText(tenant, 'Entra wants tenant: the directory (tenant) ID of the app registration')
  if (['common', 'organizations', 'consumers'].includes(tenant)) {
    throw wrong(`tenant ${tenant} is for people who sign in: an application needs its own directory's ID`)
  }
  if (!guid.test(tenant) && !domainName.test(tenant)) throw wrong('tenant must be a GUID or a domain of the directory')
}

const checkScope = (scope: string): void => {
  const [only, ...others] = scopesOf(scope)
  if (only === undefined || others.length > 0 || !only.endsWith('/.default')) {
    throw wrong('Entra wants one scope that ends in /.default: the application ID URI of the API, then /.default')
  }
}

const checkCredentials = ({ clientId, clientSecret }: ClientOptions): void => {
  if (typeof clientId === 'string' && clientId !== '' && !guid.test(clientId.trim())) {
    throw wrong('clientId must be the application (client) ID, a GUID, not the name of the app')
  }
  if (typeof clientSecret === 'string' && guid.test(clientSecret)) {
    throw wrong('clientSecret looks like the Secret ID: give the Value, which is shown once, when the secret is made')
  }
}

/** By the number of the AADSTS error: the words change. */
const meanings: Readonly<Record<string, Meaning>> = {
  7000215: {
    code: 'invalid_client',
    advice: 'wrong secret: give the Value of a secret of this app, not its Secret ID',
  },
  7000222: { code: 'invalid_client', advice: 'expired secret: make a new one under Certificates & secrets' },
  7000216: { code: 'invalid_client', advice: 'the request had neither secret nor assertion' },
  7000218: { code: 'invalid_client', advice: 'the request had neither secret nor assertion' },
  700027: {
    code: 'invalid_client',
    advice: 'the assertion is not signed by a certificate of this app, or not by this clock',
  },
  700016: { code: 'invalid_client', advice: 'no such application in this directory: check clientId and tenant' },
  700213: { code: 'invalid_client', advice: 'no federated credential of the app has this subject' },
  7000112: { code: 'invalid_client', advice: 'the application is disabled' },
  90002: { code: 'invalid_client', advice: 'no such directory: check tenant, and authority for a national cloud' },
  70011: { code: 'invalid_scope', advice: 'the scope is not one: the application ID URI of the API, then /.default' },
  1002012: { code: 'invalid_scope', advice: 'the scope must be one, and end in /.default' },
  500011: {
    code: 'invalid_target',
    advice: 'no such API in this directory: check the application ID URI before /.default',
  },
  501051: { code: 'unauthorized_client', advice: 'the app is not assigned to a role of the API, which demands one' },
  53003: { code: 'unauthorized_client', advice: 'a Conditional Access policy for workload identities blocks it' },
  900144: { code: 'invalid_request', advice: 'a parameter is missing' },
}

const explain = ({ description, body }: ProviderRefusal): Meaning | undefined => {
  const { error_codes: codes } = body
  const first: unknown = Array.isArray(codes) ? codes[0] : undefined
  const number = typeof first === 'number' ? `${first}` : /AADSTS(\d+)/.exec(description)?.[1]
  return number !== undefined && Object.hasOwn(meanings, number) ? meanings[number] : undefined
}
