/** `credence export`: what the server has, as a declarative file. */
import type { Command } from 'commander'
import { openManagement } from '../management/management_client.ts'
import { printJson } from '../terminal/print.ts'
import { addExamples, addManagementOptions, type ManagementOptions } from './command_options.ts'

interface ExportOptions extends ManagementOptions {
  readonly schema?: true
}

export const defineExport = (command: Command): void => {
  addManagementOptions(
    command.description(
      'Print APIs, clients and grants as a declarative file: without secrets, in a stable order, so that it can be kept in Git.',
    ),
  )
    .option('--schema', 'print the JSON Schema of such a file instead, for editors; needs no server')
    .action(async ({ data, json, schema }: ExportOptions) => {
      if (schema) return printSchema()
      const document = await (await openManagement(data)).get<object>('/export')
      if (json) return printJson(document)
      const { stringify } = await import('yaml')
      process.stdout.write(stringify(document, { lineWidth: 0 }))
    })
  addExamples(command, ['credence export > credence.yaml', 'credence export --schema > declarative.schema.json'])
}

const printSchema = async (): Promise<void> => {
  const { declarativeSchema } = await import('@credence/server/declarative')
  process.stdout.write(`${JSON.stringify(declarativeSchema, null, 2)}\n`)
}
