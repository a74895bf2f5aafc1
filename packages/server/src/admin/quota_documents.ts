/** A client's quota as the management API takes and shows it. */
import type { Quota } from '@credence/storage'
import type { FromSchema } from 'json-schema-to-ts'
import { Problem } from './problem.ts'

const properties = {
  tokens_per_minute: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    description: 'On each replica of the server; a minute’s worth may be asked for at once.',
  },
  mode: {
    type: 'string',
    enum: ['observe', 'enforce'],
    description: 'enforce (the default): more is refused with 429. observe: more is only counted.',
  },
} as const

export const quotaDocument = {
  type: 'object',
  required: ['tokens_per_minute'],
  additionalProperties: false,
  properties,
  description: 'How many tokens the client may get. Absent: no limit of its own.',
} as const

export const quotaChange = { type: 'object', additionalProperties: false, minProperties: 1, properties } as const

export const newQuota = (given: FromSchema<typeof quotaDocument>): Quota => ({
  tokensPerMinute: given.tokens_per_minute,
  mode: given.mode ?? 'enforce',
})

/**
 * RFC 7396 §1: a member of a member that is absent stays too.
 *
 * @throws {Problem} `invalid_request` when there would be a mode and no number
 */
export const patchedQuota = (
  given: FromSchema<typeof quotaChange> | null | undefined,
  stored: Quota | undefined,
): Quota | undefined => {
  if (given === undefined) return stored
  if (given === null) return undefined
  const tokensPerMinute = given.tokens_per_minute ?? stored?.tokensPerMinute
  if (tokensPerMinute === undefined) {
    throw new Problem('invalid_request', 'quota.tokens_per_minute is missing: the client has no quota yet')
  }
  return { tokensPerMinute, mode: given.mode ?? stored?.mode ?? 'enforce' }
}

export const toQuotaDocument = ({ tokensPerMinute, mode }: Quota) => ({ tokens_per_minute: tokensPerMinute, mode })
