/** Every way in which a client can authenticate, with what each needs. RFC 6749 §2.3. */
import type { SignatureAlgorithm } from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { Logger } from 'pino'
import type { Directory } from '../directory/directory.ts'
import { createCheckClientAssertion } from './assertions/check_client_assertion.ts'
import { createClientKeySets } from './assertions/client_key_sets.ts'
import { createClientSecretJwt } from './assertions/client_secret_jwt.ts'
import { createPrivateKeyJwt } from './assertions/private_key_jwt.ts'
import { checkClientCertificate } from './certificates/client_certificate.ts'
import { type CheckCredentials, createCheckCredentials } from './check_credentials.ts'
import { createCheckFederatedAssertion } from './federated/federated_assertion.ts'
import { createPlatformKeys, logPlatformKeys } from './federated/platform_keys.ts'
import { checkClientSecret } from './secrets/check_client_secret.ts'
import type { SecretDigester } from './secrets/client_secret.ts'
import type { ClientSecretSealer } from './secrets/sealed_client_secret.ts'

export interface ClientChecksDeps {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly directory: Directory
  readonly digester: SecretDigester
  readonly clientSecrets: ClientSecretSealer
  /** What a client's assertions may be signed with. */
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly allowPrivateAddresses: boolean
  readonly clock: Clock
  readonly logger: Logger
}

export const createClientChecks = (deps: ClientChecksDeps): CheckCredentials => {
  const { issuer, tokenEndpoint, directory, digester, clock } = deps
  const { allowPrivateAddresses, algorithms } = deps
  const ofSecrets = { directory, digester, clock }
  const keySets = createClientKeySets({ clock, allowPrivateAddresses, algorithms })
  const keysOf = createPlatformKeys({ clock, allowPrivateAddresses, onFetch: logPlatformKeys(deps.logger) })
  return createCheckCredentials({
    secret: (presented) => checkClientSecret(presented, ofSecrets),
    assertion: createCheckClientAssertion({
      ...{ directory, issuer, tokenEndpoint, clock },
      private_key_jwt: createPrivateKeyJwt({ keySets, clock }),
      client_secret_jwt: createClientSecretJwt({ secrets: deps.clientSecrets, clock }),
      federated: createCheckFederatedAssertion({ keysOf, directory, clock }),
    }),
    certificate: (presented) => checkClientCertificate(presented, { directory, clock }),
  })
}
