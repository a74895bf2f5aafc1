/** The management API as commands use it: a request in, a document out, every refusal an error with its own code. */
import { CliError } from '../cli_error.ts'
import type { HttpAnswer, HttpRequest } from './http_exchange.ts'
import { openTransport } from './open_transport.ts'

/** Sends a request to the management API, with whatever it takes to be let in. */
export type Send = (request: HttpRequest) => Promise<HttpAnswer>

export interface ManagementClient {
  /** @throws {CliError} with the code of the problem document */
  get<T>(path: string): Promise<T>
  /** Hands over the body of the answer as it comes. @throws {CliError} */
  download(path: string, receive: NonNullable<HttpRequest['receive']>): Promise<void>
  /** All pages of a list. @throws {CliError} */
  list<T>(path: string): Promise<readonly T[]>
  /** @throws {CliError} */
  post<T>(path: string, body: object): Promise<T>
  /** Changes a resource as it was last seen here. @throws {CliError} */
  patch<T>(path: string, body: object): Promise<T>
  /** @throws {CliError} */
  put<T>(path: string, body: object): Promise<T>
  /** What the server answered, if anything. @throws {CliError} */
  delete<T = undefined>(path: string): Promise<T>
}

/** One fault of what was sent, by JSON pointer. RFC 6901. */
export interface RequestFault {
  readonly pointer: string
  readonly detail: string
}

/** What the server answered with a problem document. RFC 9457. */
export class Refusal extends CliError {
  readonly errors: readonly RequestFault[]

  constructor({ code, detail, errors }: ProblemDocument) {
    super(code, detail)
    this.errors = errors ?? []
  }
}

interface ProblemDocument {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly RequestFault[]
}

const pageSize = 500
/** A list is followed no further than this. */
const maxPages = 2000

/** @param data the data folder given as a flag */
export const openManagement = async (data: string | undefined): Promise<ManagementClient> => {
  const send = await openTransport(data, process.env)

  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await send({
      method,
      path: `/admin/v1${path}`,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return readAnswer<T>(answer)
  }

  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    put: (path, body) => call('PUT', path, body),
    delete: (path) => call('DELETE', path),
    async download(path, receive) {
      readAnswer(await send({ method: 'GET', path: `/admin/v1${path}`, receive }))
    },
    async list<T>(path: string) {
      const items: T[] = []
      let cursor: string | undefined
      for (let page = 0; page < maxPages; page++) {
        const query = `limit=${pageSize}${cursor === undefined ? '' : `&cursor=${cursor}`}`
        const found = await call<Page<T>>('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`)
        items.push(...found.items)
        cursor = found.next_cursor
        if (cursor === undefined) return items
      }
      throw new CliError(
        'too_many',
        `there are more than ${maxPages * pageSize}; read them page by page over the management API`,
      )
    },
  }
}

interface Page<T> {
  readonly items: readonly T[]
  readonly next_cursor?: string
}

/** A path below /admin/v1 with its variable parts encoded. */
export const pathOf = (parts: TemplateStringsArray, ...values: readonly string[]): string =>
  parts.reduce((path, part, index) => `${path}${encodeURIComponent(values[index - 1] ?? '')}${part}`)

const readAnswer = <T>({ status, headers, body }: HttpAnswer): T => {
  const document: unknown = body === '' ? undefined : parseJson(body)
  if (status >= 200 && status < 300) return document as T
  if (isProblem(document)) throw new Refusal(document)
  const kind = headers['content-type'] ?? 'nothing readable'
  throw new CliError(
    'unexpected_answer',
    `the server answered ${status} with ${kind}; is this a Credence management URL?`,
  )
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isProblem = (document: unknown): document is ProblemDocument =>
  typeof document === 'object' &&
  document !== null &&
  'code' in document &&
  typeof document.code === 'string' &&
  'detail' in document &&
  typeof document.detail === 'string'
