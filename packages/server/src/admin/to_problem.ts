/** Turns whatever a management route threw into a problem. RFC 9457. */
import { StoreError } from '@credence/storage'
import type { FastifyError } from 'fastify'
import { type Fault, Problem } from './problem.ts'

/** Only what is a refusal says what happened; everything else is `internal`, and for the log. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof StoreError) return fromStoreError(error)
  if (isFastifyError(error)) return fromFastifyError(error)
  return new Problem('internal', 'it has been logged', { cause: error })
}

const fromStoreError = (error: StoreError): Problem => {
  switch (error.code) {
    case 'already_exists':
    case 'not_found':
    case 'in_use':
    case 'revision_conflict':
      return new Problem(error.code, error.message, { cause: error })
    case 'unavailable':
      return new Problem('unavailable', 'try again shortly', { cause: error, headers: { 'retry-after': '1' } })
    case 'schema_too_new':
    case 'bad_backup':
      return new Problem('internal', error.message, { cause: error })
  }
}

const isFastifyError = (error: unknown): error is FastifyError => error instanceof Error && 'statusCode' in error

const fromFastifyError = (error: FastifyError): Problem => {
  const status = error.statusCode ?? 500
  if (status >= 500) return new Problem('internal', 'it has been logged', { cause: error })
  const faults = (error.validation ?? []).map((fault): Fault => {
    const { additionalProperty } = fault.params
    const named = typeof additionalProperty === 'string' ? `: ${additionalProperty}` : ''
    return {
      pointer: `${error.validationContext ?? 'body'}${fault.instancePath}`,
      detail: `${fault.message ?? 'is not valid'}${named}`,
    }
  })
  const detail =
    faults.length > 0 ? faults.map((fault) => `${fault.pointer} ${fault.detail}`).join('; ') : error.message
  return new Problem('invalid_request', detail, { faults })
}
