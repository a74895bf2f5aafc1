/** A secret in AWS Secrets Manager, read by the caller's own SDK client. */
import { TokenError } from '../token_error.ts'
import { parseSecretText } from './secret_document.ts'
import type { Secret, SecretStore } from './secret_source.ts'
import { createSecretStore, type SecretStoreOptions } from './secret_store.ts'

/** The operation GetSecretValue, so far as it is used. Member names are AWS's. */
export type GetSecretValue = (
  input: { readonly SecretId: string; readonly VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS' },
  options: { readonly abortSignal: AbortSignal },
) => Promise<{
  readonly SecretString?: string | undefined
  readonly CreatedDate?: Date | number | undefined
}>

export interface AwsSecretOptions extends SecretStoreOptions {
  /** Name or ARN. */
  readonly secretId: string
  /** The caller's client: `(input, options) => client.send(new GetSecretValueCommand(input), options)`. */
  readonly getSecretValue: GetSecretValue
  /** The member of a JSON secret that holds the client secret. Default: `client_secret`. */
  readonly field?: string | undefined
}

const advice: Readonly<Record<string, string>> = {
  AccessDeniedException: 'the role lacks secretsmanager:GetSecretValue on it, or kms:Decrypt on its key',
  DecryptionFailure: 'its KMS key cannot decrypt it: allow kms:Decrypt',
  ExpiredTokenException: 'the AWS credentials have expired',
  InvalidRequestException: 'it is scheduled for deletion, or has no value at that stage',
  ResourceNotFoundException: 'no such secret in this account and region',
  ThrottlingException: 'too many requests: raise reloadAfterSeconds',
  UnrecognizedClientException: 'the AWS credentials are not valid',
}

/**
 * The version at the stage AWSCURRENT is the current secret, the one at AWSPREVIOUS the previous.
 *
 * Needs `secretsmanager:GetSecretValue`.
 *
 * @returns a store that throws TokenError `credential_unavailable`
 */
export const awsSecret = (options: AwsSecretOptions): SecretStore => {
  const { secretId, getSecretValue, field } = options
  const where = `the secret ${secretId} at AWS Secrets Manager`

  const readStage = async (VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS', abortSignal: AbortSignal): Promise<Secret> => {
    const answer = await getSecretValue({ SecretId: secretId, VersionStage }, { abortSignal })
    if (answer.SecretString === undefined) {
      throw new TokenError('credential_unavailable', `${where} is binary: store it as text`)
    }
    const { CreatedDate: created } = answer
    const createdAt = created instanceof Date ? created.getTime() / 1000 : created
    return {
      ...parseSecretText(answer.SecretString, { where, field }),
      createdAt: createdAt === undefined ? undefined : Math.floor(createdAt),
    }
  }

  return createSecretStore(async (signal) => {
    const [current, before] = await Promise.allSettled([
      readStage('AWSCURRENT', signal),
      readStage('AWSPREVIOUS', signal),
    ])
    if (current.status === 'rejected') throw describe(current.reason, where)
    // a secret that was never rotated has no such stage
    const previous = before.status === 'fulfilled' ? before.value.current : undefined
    return { ...current.value, previous: current.value.previous ?? previous }
  }, options)
}

/** AWS names its errors; their messages are left out. */
const describe = (error: unknown, where: string): unknown => {
  if (error instanceof TokenError) return error
  const name = error instanceof Error && /^[A-Z][A-Za-z]{2,60}$/.test(error.name) ? error.name : 'an error'
  return new TokenError(
    'credential_unavailable',
    `${where} could not be read (${name}): ${advice[name] ?? 'see the AWS client'}`,
  )
}
