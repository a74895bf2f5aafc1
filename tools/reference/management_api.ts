/** docs/reference/management-api.md and openapi.json, from a running server's own OpenAPI document. */
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { resolveConfiguration, startServer } from '@credence/server'
import { generatedNote, type ReferencePage, table } from './page.ts'

interface Operation {
  readonly summary: string
  readonly security: readonly { readonly credence: readonly string[] }[]
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

interface OpenApi {
  readonly info: { readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const readDocument = async (): Promise<OpenApi> => {
  const data = await mkdtemp(join(tmpdir(), 'credence-'))
  const flags = { data, port: '0', managementPort: 'off', logLevel: 'silent' }
  const server = await startServer(resolveConfiguration({ flags, environment: {}, file: undefined }))
  try {
    const document = await new Promise<unknown>((resolve, reject) => {
      const asked = request({ socketPath: server.socketPath, path: '/admin/v1/openapi.json' }, (answer) =>
        json(answer).then(resolve, reject),
      )
      asked.on('error', reject).end()
    })
    // the port is another one at every start
    return JSON.parse(JSON.stringify(document).replaceAll(server.issuer, 'http://127.0.0.1:8400'))
  } finally {
    await server.close()
    await rm(data, { recursive: true })
  }
}

let read: Promise<OpenApi> | undefined
const document = () => {
  read ??= readDocument()
  return read
}

const rowsOf = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary, security, responses }]) => [
      `\`${method.toUpperCase()} ${path}\``,
      `\`${security[0]?.credence[0] ?? ''}\``,
      summary,
      Object.keys(responses)
        .filter((status) => !status.endsWith('XX'))
        .join(', '),
    ]),
  )

export const managementApiPage: ReferencePage = {
  path: 'docs/reference/management-api.md',
  render: async () => {
    const openApi = await document()
    return `${generatedNote}

# The management API

${openApi.info.description}

The whole description, with every member of every document, is in [openapi.json](openapi.json) and is served at
\`/admin/v1/openapi.json\`. On the local socket: \`curl --unix-socket credence-data/credence.sock http://localhost/admin/v1/clients\`.

${table(['route', 'scope', 'what it does', 'status'], rowsOf(openApi))}

Not in the document: \`GET /health/live\` and \`GET /health/ready\` need no token; \`GET /metrics\` (Prometheus) needs \`admin:server:read\`;
\`GET /admin/v1/openapi.json\` needs any token for the management API.

A page has \`items\` and, unless it is the last, \`next_cursor\` for the next request's \`cursor\`. A resource comes with an ETag; a change that
carries it as \`If-Match\` is refused with 412 when somebody else was faster.
`
  },
}

export const openApiDocument: ReferencePage = {
  path: 'docs/reference/openapi.json',
  render: async () => `${JSON.stringify(await document(), null, 2)}\n`,
}
