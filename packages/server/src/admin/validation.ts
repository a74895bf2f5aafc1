/** Validation of management requests: strict for bodies, converting for what can only be text. JSON Schema. */
import { Ajv, type ValidateFunction } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'

/**
 * Compiles each schema at its first use, because a start has no time for all of them.
 *
 * A body is taken as it is: no member is dropped, none is converted. A query string has only text, so numbers are read from it.
 */
export const createValidatorCompiler = (): FastifySchemaCompiler<object> => {
  const strict = new Ajv({ allErrors: true, useDefaults: false, allowUnionTypes: true })
  const converting = new Ajv({ allErrors: true, coerceTypes: true })
  return ({ schema, httpPart }) => {
    const ajv = httpPart === 'querystring' ? converting : strict
    let compiled: ValidateFunction | undefined
    return (data: unknown) => {
      compiled ??= ajv.compile(schema)
      return compiled(data) ? { value: data } : { error: toValidationError(compiled) }
    }
  }
}

/** More faults than this are not listed: `allErrors` over a hostile body must not grow the answer. */
const maxFaults = 20

const toValidationError = ({ errors }: ValidateFunction) =>
  Object.assign(new Error('the request is not valid'), {
    validation: (errors ?? []).slice(0, maxFaults),
    statusCode: 400,
  })
