/** The claims an API needs, given as a schema of any library that speaks Standard Schema, version 1. */
import type { VerifiedClaims } from '@credence/jwt'
import { sanitizeDescription } from '@credence/protocol'
import { RequestRefused } from './refusal.ts'

/**
 * The part of Standard Schema that is used here. Zod, Valibot, ArkType and many others have it.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What the verifier itself goes by afterwards: a schema may check these claims and not change them. */
const protocolClaims = [
  'iss',
  'sub',
  'client_id',
  'credential_id',
  'aud',
  'scope',
  'iat',
  'exp',
  'nbf',
  'jti',
  'cnf',
] as const

const maxIssues = 10

/**
 * Checks that a value is a schema.
 *
 * @throws {TypeError} when it does not speak Standard Schema, version 1.
 */
export const checkClaimsSchema = (schema: StandardSchema<unknown>): void => {
  const { version, validate }: Partial<StandardSchema<unknown>['~standard']> = schema['~standard'] ?? {}
  if (version !== 1 || typeof validate !== 'function') {
    throw new TypeError('claims must be a schema that speaks Standard Schema, version 1')
  }
}

/**
 * The claims of a verified token with what a schema made of them. The schema sees all claims; what it leaves out stays.
 *
 * Does not check: how long an asynchronous schema takes.
 *
 * @throws {RequestRefused} `invalid_claims`; the schema's issues are in `detail`, for the operator and not for the caller.
 * @throws {TypeError} when the schema's output is no object.
 */
export const parseClaims = async <Output extends object>(
  claims: VerifiedClaims,
  schema: StandardSchema<Output>,
): Promise<VerifiedClaims & Output> => {
  const result = await schema['~standard'].validate({ ...claims })
  if (result.issues !== undefined) {
    throw new RequestRefused('invalid_claims', 'the claims of the token are not those that this resource needs', {
      status: 401,
      error: 'invalid_token',
      detail: describeIssues(result.issues),
    })
  }
  const { value } = result
  if (typeof value !== 'object' || value === null)
    throw new TypeError('the output of the claims schema must be an object')
  const kept = protocolClaims.filter((name) => claims[name] !== undefined).map((name) => [name, claims[name]])
  return { ...claims, ...value, ...Object.fromEntries(kept) }
}

// read by index alone: some libraries hand out subclasses of Array, which map and slice would construct anew
const describeIssues = (issues: readonly SchemaIssue[]): string => {
  const described: string[] = []
  for (const { message, path = [] } of issues) {
    if (described.length === maxIssues) break
    const place = Array.from(path, (part) => String(typeof part === 'object' ? part.key : part)).join('.')
    described.push(`${place === '' ? 'claims' : place}: ${message}`)
  }
  return sanitizeDescription(described.join('; '))
}
