/** Managed rotation as the management API takes and shows it: whether a client may replace its own credentials. */
import type { ManagedRotation } from '@credence/storage'
import type { FromSchema } from 'json-schema-to-ts'

export const managedRotation = {
  type: 'object',
  additionalProperties: false,
  properties: {
    overlap_seconds: {
      type: 'integer',
      minimum: 60,
      maximum: 2_592_000,
      description:
        'How long a credential stays usable once it has been replaced, unless it expires sooner. 86400 unless given.',
    },
  },
  description: 'Present: the client may replace its own credentials at the public listener. Absent: it may not.',
} as const

type Given = FromSchema<typeof managedRotation>

const defaultOverlapSeconds = 86_400

/** RFC 7396 §1: absent stays, null takes it away. */
export const patchedManagedRotation = (
  given: Given | null | undefined,
  stored: ManagedRotation | undefined,
): ManagedRotation | undefined => {
  if (given === undefined) return stored
  if (given === null) return undefined
  return { overlapSeconds: given.overlap_seconds ?? stored?.overlapSeconds ?? defaultOverlapSeconds }
}

export const newManagedRotation = (given: Given): ManagedRotation => ({
  overlapSeconds: given.overlap_seconds ?? defaultOverlapSeconds,
})

export const toManagedRotationDocument = ({ overlapSeconds }: ManagedRotation) => ({ overlap_seconds: overlapSeconds })
