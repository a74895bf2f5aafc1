/** docs/reference/declarative.schema.json, the very schema that declarative files are validated with. */
import { declarativeSchema } from '@credence/server'
import type { ReferencePage } from './page.ts'

export const declarativeSchemaFile: ReferencePage = {
  path: 'docs/reference/declarative.schema.json',
  render: () => `${JSON.stringify(declarativeSchema, null, 2)}\n`,
}
