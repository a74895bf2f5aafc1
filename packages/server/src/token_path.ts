/** The token path put together: what a token request passes through, from who asks to the signed token. RFC 6749 §4.4. */
import { createDpopNonces, signatureAlgorithms } from '@credence/jwt'
import type { Clock, Randomness } from '@credence/protocol'
import type { Storage } from '@credence/storage'
import type { Logger } from 'pino'
import type { AuditService } from './audit/audit_service.ts'
import { type AuthenticateClient, createAuthenticateClient } from './client_auth/authenticate_client.ts'
import { authenticateOnce } from './client_auth/authenticate_once.ts'
import type { MutualTls } from './client_auth/certificates/client_certificate_metadata.ts'
import { createClientChecks } from './client_auth/client_checks.ts'
import type { CredentialUseRecorder } from './client_auth/credential_uses.ts'
import type { SecretDigester } from './client_auth/secrets/client_secret.ts'
import type { ClientSecretSealer } from './client_auth/secrets/sealed_client_secret.ts'
import type { Directory } from './directory/directory.ts'
import { createDpopBinding, dpopSigningAlgorithms } from './dpop/dpop_binding.ts'
import { endpointUrl, publicPaths } from './endpoints/metadata.ts'
import type { TokenEndpointDeps } from './endpoints/token.ts'
import { createClientCredentials } from './grants/client_credentials.ts'
import type { GrantType } from './grants/grant_type.ts'
import type { KeyRing } from './key_material/key_ring.ts'
import type { Limits } from './limits/limits.ts'
import type { Metrics } from './metrics/metrics.ts'
import { createIssue } from './minting/issue.ts'
import type { OpaqueTokens } from './minting/opaque_token.ts'
import type { SigningQueue } from './minting/signing_queue.ts'
import { readCertificateBinding } from './policy/certificate_binding.ts'
import { joinBindings } from './policy/sender_binding.ts'
import type { Profile } from './profiles/profile.ts'
import { createProfileRules, type ProfileRules } from './profiles/profile_rules.ts'
import { identifyMachine } from './replay/identify_machine.ts'
import { startReplays } from './replay/replays.ts'
import { traceTokenSteps } from './tracing/token_steps.ts'
import type { Tracing } from './tracing/tracing.ts'
import { countRefusals, type UsageRecorder } from './usage/usage_recorder.ts'

export interface TokenPathDeps {
  readonly issuer: string
  readonly mutualTls: MutualTls | undefined
  readonly profile: Profile | undefined
  readonly requireDpopNonce: boolean
  readonly dpopNonceKey: Uint8Array
  readonly allowPrivateAddresses: boolean
  readonly storage: Storage
  readonly directory: Directory
  readonly digester: SecretDigester
  readonly clientSecrets: ClientSecretSealer
  readonly keyRing: KeyRing
  readonly opaqueTokens: OpaqueTokens
  readonly queue: SigningQueue
  readonly uses: CredentialUseRecorder
  readonly usage: UsageRecorder
  readonly limits: Limits
  readonly audit: AuditService
  readonly tracing: Tracing
  readonly metrics: Metrics
  readonly onError: (what: string) => (error: unknown) => void
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
}

export interface TokenPath {
  readonly steps: TokenEndpointDeps
  /** The same client authentication for the endpoints that claim nothing besides. */
  readonly authenticateClient: AuthenticateClient
  readonly grants: readonly GrantType[]
  /** Without counting what it refuses: for explaining. */
  readonly clientCredentials: GrantType
  readonly rules: ProfileRules
  stop(): void
}

export const createTokenPath = async (deps: TokenPathDeps): Promise<TokenPath> => {
  const { issuer, storage, directory, audit, limits, usage, uses, clock, metrics, onError } = deps
  const rules = createProfileRules(deps.profile)
  const clientCredentials = rules.grant(createClientCredentials(directory))
  const grants = [countRefusals(clientCredentials, usage)]
  const tokenEndpoint = endpointUrl(issuer, publicPaths.token)
  const alias = endpointUrl(deps.mutualTls?.url ?? issuer, publicPaths.token)
  const readDpopBinding = createDpopBinding({
    tokenEndpoints: [...new Set([tokenEndpoint, alias])],
    algorithms: rules.algorithms(dpopSigningAlgorithms),
    nonces: deps.requireDpopNonce ? createDpopNonces({ clock, key: deps.dpopNonceKey }) : undefined,
    clock,
  })
  const clientChecks = createClientChecks({ ...deps, tokenEndpoint, algorithms: rules.algorithms(signatureAlgorithms) })
  const replays = await startReplays({
    ...{ store: storage.replays, clock, metrics, onError },
    // an embedded store writes claims without waiting for the disk: they outlive the process, and not the machine
    machine: storage.dialect === 'sqlite' ? identifyMachine(clock.epochSeconds()) : undefined,
  })
  const steps = traceTokenSteps(deps.tracing, {
    authenticateClient: createAuthenticateClient({
      check: rules.checkCredentials(clientChecks),
      refuse(refusal, presented, remoteAddress) {
        audit.noteRefusedClient(refusal, presented, remoteAddress)
        return limits.refuseClient(refusal, presented, remoteAddress)
      },
      uses,
      clock,
    }),
    grants,
    readBinding: rules.readBinding(joinBindings(readDpopBinding, readCertificateBinding)),
    checkQuota: limits.checkQuota,
    claimOnce: replays.claimOnce,
    issue: createIssue(deps),
    noteIssued(authorization, token) {
      usage.noteIssued(authorization)
      audit.noteIssued(authorization, token)
    },
  })
  return {
    ...{ steps, grants, clientCredentials, rules },
    authenticateClient: authenticateOnce(steps.authenticateClient, replays.claimOnce),
    stop: replays.stop,
  }
}
