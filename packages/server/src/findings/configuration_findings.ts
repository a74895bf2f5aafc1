/** Findings about how things are set up. */
import { missingScopes } from '@credence/protocol'
import type { ClientFacts, TokenEndpointAuthMethod } from '@credence/storage'
import { adminAudience, adminScopes } from '../admin/admin_scopes.ts'
import { liveCredentials } from './credential_findings.ts'
import { type Finding, finding } from './finding.ts'
import { duration, shellWord } from './words.ts'

export const findWeakConfiguration = (
  { client, credentials, grants }: ClientFacts,
  now: number,
): readonly Finding[] => {
  const { clientId } = client
  const made = `the client was made ${duration(now - client.createdAt)} ago`
  const findings: Finding[] = []
  if (grants.length === 0 && client.serves.length === 0) {
    const evidence = `${made} and may ask for nothing`
    const command = `credence client delete ${shellWord(clientId)}`
    findings.push(finding({ kind: 'client_without_grants', severity: 'info', clientId, evidence, command }))
  }
  if (grants.length > 0 && liveCredentials(credentials, now).length === 0) {
    const why = credentials.length === 0 ? 'it has no credential' : 'every credential it had is expired or revoked'
    const evidence = `${made}; ${why}, so it gets no tokens`
    const command = `credence credential add ${shellWord(clientId)}${addOptions(client.tokenEndpointAuthMethod)}`
    findings.push(finding({ kind: 'client_without_credential', severity: 'warning', clientId, evidence, command }))
  }
  const admin = grants.find(({ audience }) => audience === adminAudience)
  if (admin !== undefined && missingScopes(adminScopes, admin.scopes).length === 0) {
    findings.push(
      finding({
        kind: 'admin_grants_wide',
        severity: 'warning',
        clientId,
        audience: adminAudience,
        evidence: `it holds all ${adminScopes.length} admin scopes: whoever has one of its credentials can change everything here`,
        command: `credence grant set ${shellWord(clientId)} ${adminAudience}=${adminScopes.filter((scope) => scope.endsWith(':read')).join(',')}`,
        since: admin.updatedAt,
      }),
    )
  }
  return findings
}

/** What has to be given for a client that is registered for something else than a secret. */
const addOptions = (method: TokenEndpointAuthMethod | undefined): string => {
  switch (method) {
    case 'private_key_jwt':
      return ' --jwks FILE'
    case 'tls_client_auth':
      return ' --san-dns NAME'
    case 'self_signed_tls_client_auth':
      return ' --certificate FILE'
    case 'federated':
      return ' --federated oidc --issuer URL --subject S'
    default:
      return ''
  }
}

export const findApiWithoutClients = (audience: string): Finding =>
  finding({
    kind: 'api_without_clients',
    severity: 'info',
    audience,
    evidence: 'no client is granted anything on it',
    command: `credence api delete ${shellWord(audience)}`,
  })
