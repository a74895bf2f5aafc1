/** The management API by its own OpenAPI document: every operation, the scope it says it needs, and a call to it. OpenAPI 3.1. */
import type { RunningCredence } from './credence.ts'
import { type HttpAnswer, jsonOf, sendHttp } from './http.ts'
import { getToken } from './token.ts'

export const adminAudience = 'urn:credence:admin'

export interface Operation {
  readonly method: string
  /** With `{parameters}`, as in the document. */
  readonly template: string
  readonly scope: string
  readonly operationId: string
}

interface DocumentedOperation {
  readonly operationId: string
  readonly security?: readonly Record<string, readonly string[]>[]
}

interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: {
    readonly securitySchemes: {
      readonly credence: { readonly flows: { readonly clientCredentials: { readonly scopes: Record<string, string> } } }
    }
  }
}

const readDocument = async (credence: RunningCredence): Promise<OpenApiDocument> =>
  jsonOf(await credence.manage('GET', '/openapi.json')) as unknown as OpenApiDocument

/** Every operation of the document. @throws when one names no scope. */
export const listOperations = async (credence: RunningCredence): Promise<readonly Operation[]> => {
  const { paths } = await readDocument(credence)
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { operationId, security }]) => {
      const [scope, ...others] = security?.flatMap((scheme) => Object.values(scheme).flat()) ?? []
      if (scope === undefined || others.length > 0) throw new Error(`${method} ${template} does not name one scope`)
      return { method: method.toUpperCase(), template, scope, operationId }
    }),
  )
}

export const listAdminScopes = async (credence: RunningCredence): Promise<readonly string[]> =>
  Object.keys((await readDocument(credence)).components.securitySchemes.credence.flows.clientCredentials.scopes)

/** The path of an operation with its parameters filled in; those that are not given are filled with `absent`. */
export const fillPath = (template: string, values: Readonly<Record<string, string>> = {}): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'absent'))

/** A caller of the management API over TCP, with a token that has these admin scopes and no others. */
export interface AdminCaller {
  readonly clientId: string
  readonly token: string
  readonly call: (method: string, path: string, body?: unknown) => Promise<HttpAnswer>
}

export const createAdminCaller = async (
  credence: RunningCredence,
  clientId: string,
  scopes: readonly string[],
): Promise<AdminCaller> => {
  const client = await credence.createClient({ client_id: clientId, grants: [{ audience: adminAudience, scopes }] })
  const token = await getToken(credence, client)
  return { clientId, token, call: (method, path, body) => callManagement(credence, { method, path, body, token }) }
}

/** A request to the management listener over TCP. */
export const callManagement = (
  { management }: RunningCredence,
  call: { readonly method: string; readonly path: string; readonly body?: unknown; readonly token?: string },
): Promise<HttpAnswer> => {
  const { method, path, body, token } = call
  return sendHttp(management, {
    method,
    path,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}
