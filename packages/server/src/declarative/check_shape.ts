/** Checks a declarative document against its schema and says what is wrong in words. JSON Schema draft 7. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type Fault, pointerTo, quote } from './fault.ts'
import { declarativeSchema } from './schema.ts'

let compiled: ValidateFunction | undefined

export interface Shape {
  readonly faults: readonly Fault[]
  /** Where something is not what its type says. Of all else the members that are known can be read. */
  readonly unreadable: readonly string[]
}

/** Every fault of the shape. Does not check: what one entry says of another. */
export const checkShape = (document: unknown): Shape => {
  // compiled at its first use, because a start has no time for it; verbose, so that a fault can quote its own schema
  compiled ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(declarativeSchema)
  if (compiled(document)) return { faults: [], unreadable: [] }
  const errors = compiled.errors ?? []
  return {
    faults: errors.flatMap(describe),
    unreadable: errors.filter((error) => !isReadable(error)).map(({ instancePath }) => instancePath),
  }
}

const isReadable = ({ keyword }: ErrorObject): boolean => keyword === 'additionalProperties'

const describe = (error: ErrorObject): readonly Fault[] => {
  const { instancePath: pointer, keyword, params, parentSchema } = error
  const name = memberOf(pointer)
  switch (keyword) {
    case 'additionalProperties':
      return [describeUnknown(pointer, String(params.additionalProperty), parentSchema)]
    case 'required':
      // of the branches of anyOf: said once, below
      return error.schemaPath.startsWith('#/anyOf') ? [] : [{ pointer, detail: `needs ${params.missingProperty}` }]
    case 'anyOf':
      return [{ pointer, detail: 'needs apis or clients; to declare that there are none, write [] for both' }]
    case 'enum':
      return [{ pointer, detail: `${name} must be one of ${params.allowedValues.join(', ')}` }]
    case 'type':
      return [{ pointer, detail: `${name} must be ${params.type}${explained(parentSchema)}` }]
    case 'pattern':
      return [{ pointer, detail: `${name} is not valid${explained(parentSchema)}` }]
    default:
      return [{ pointer, detail: `${name} ${error.message ?? 'is not valid'}` }]
  }
}

/** What stands at a pointer, by the name of the member that it is in. */
const memberOf = (pointer: string): string =>
  pointer.split('/').findLast((part) => /^[a-z]/.test(part)) ?? 'the document'

const describeUnknown = (parent: string, member: string, schema: ErrorObject['parentSchema']): Fault => {
  const known = Object.keys(schema?.properties ?? {}).join(', ')
  return { pointer: `${parent}${pointerTo(member)}`, detail: `unknown member ${quote(member)}; known: ${known}` }
}

const explained = (schema: ErrorObject['parentSchema']): string =>
  typeof schema?.description === 'string' ? `. ${schema.description}` : ''
