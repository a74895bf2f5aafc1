/** Managed rotation: a client replaces the credential that it holds, in one transaction with the record of it. */
import type { Clock, Randomness } from '@credence/protocol'
import type { Stores } from '@credence/storage'
import { createSecretCredential, type NewSecret } from '../admin/credential_documents.ts'
import type { AuditLog } from '../audit/audit_log.ts'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { CredentialUseRecorder } from '../client_auth/credential_uses.ts'
import type { SecretDigester } from '../client_auth/secrets/client_secret.ts'
import type { ClientSecretSealer } from '../client_auth/secrets/sealed_client_secret.ts'
import { planReplacement } from './plan_replacement.ts'

export interface ReplaceCredentialDeps {
  readonly storage: Stores
  readonly audit: AuditLog
  readonly uses: Pick<CredentialUseRecorder, 'flush'>
  readonly digester: SecretDigester
  readonly clientSecrets: Pick<ClientSecretSealer, 'seal'>
  readonly clock: Clock
  readonly randomness: Randomness
  /** Brings what was changed into force here. */
  readonly catchUp: () => Promise<void>
}

export interface ReplacedCredential extends NewSecret {
  readonly replacedId: string
  /** Epoch seconds. */
  readonly usableUntil: number
}

export type ReplaceCredential = (client: AuthenticatedClient, remoteAddress: string) => Promise<ReplacedCredential>

/** @throws {OAuthError} see planReplacement */
export const createReplaceCredential =
  (deps: ReplaceCredentialDeps): ReplaceCredential =>
  async ({ record, credential }, remoteAddress) => {
    const { clientId } = record.client
    const { credentialId } = credential
    // whoever is refused and asks again and again costs a look at memory, or a read, and keeps no writer waiting
    const asked = { credentialId, now: deps.clock.epochSeconds() }
    planReplacement(record, asked)
    planReplacement(await deps.storage.clients.findRecord(clientId), asked)
    // a replacement that was used here a moment ago must not look unused
    await deps.uses.flush()
    const replaced = await deps.audit.transaction(async (stores, append): Promise<ReplacedCredential> => {
      const now = deps.clock.epochSeconds()
      const plan = planReplacement(await stores.clients.findRecord(clientId), { credentialId, now })
      const made = createSecretCredential(
        record.client,
        { label: plan.label, expires_in: plan.lifetimeSeconds, replaces: credentialId },
        deps,
      )
      for (const retired of plan.retired) await stores.credentials.revoke(retired.credentialId, now)
      await stores.credentials.create(made.credential)
      await stores.credentials.setExpiry(credentialId, plan.usableUntil)
      append({
        action: 'credential.replace',
        subject: `clients/${encodeURIComponent(clientId)}/credentials/${made.credential.credentialId}`,
        actor: `client:${clientId}`,
        credentialId,
        address: remoteAddress,
        outcome: 'done',
        details: {
          replaces: credentialId,
          usable_until: plan.usableUntil,
          expires_at: made.credential.expiresAt,
          retired: plan.retired.map((retired) => retired.credentialId),
        },
      })
      return { ...made, replacedId: credentialId, usableUntil: plan.usableUntil }
    })
    await deps.catchUp()
    return replaced
  }
