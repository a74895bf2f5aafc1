/** What every adapter's `serveMetadata` answers with: the document of RFC 9728, to anybody, at its well-known path. */
import { resourceMetadataUrl } from '../protected_resource_metadata.ts'
import type { ResourceServer } from '../resource_server.ts'
import type { CompleteAnswer } from './incoming_message.ts'

const maxAgeSeconds = 3600
const allow = 'GET, HEAD, OPTIONS'

/**
 * Makes the answers for one resource server: undefined for every other path.
 *
 * @throws {TypeError} when the resource server was created without the option `metadata`.
 * @see RFC 9728 §3
 */
export const createMetadataAnswer = (resourceServer: ResourceServer) => {
  const document = resourceServer.metadata()
  if (document === undefined) throw new TypeError('createResourceServer needs the option metadata; {} will do')
  const { pathname, search } = new URL(resourceMetadataUrl(resourceServer.resource))
  const path = withoutLastSlash(pathname)
  const answers = answersWith(JSON.stringify(document))

  return (method: string | undefined, requestUrl: string | undefined): CompleteAnswer | undefined => {
    if (!requestUrl?.includes(path)) return undefined
    const url = URL.parse(requestUrl, 'http://localhost')
    if (url === null || withoutLastSlash(url.pathname) !== path) return undefined
    if (search !== '' && url.search !== search) return undefined
    if (method === 'GET' || method === 'HEAD') return answers.document
    return method === 'OPTIONS' ? answers.preflight : answers.notAllowed
  }
}

/** The same for a framework that answers with a Response. */
export const toResponse = ({ body, ...init }: CompleteAnswer): Response => new Response(body === '' ? null : body, init)

const withoutLastSlash = (path: string): string => path.replace(/\/$/, '')

const answersWith = (body: string) => {
  // public by purpose, and read by clients in browsers too
  const anyOrigin = { 'access-control-allow-origin': '*' }
  return {
    document: {
      status: 200,
      headers: {
        ...anyOrigin,
        'content-type': 'application/json',
        'cache-control': `public, max-age=${maxAgeSeconds}`,
      },
      body,
    },
    preflight: {
      status: 204,
      headers: {
        ...anyOrigin,
        allow,
        'access-control-allow-methods': allow,
        'access-control-allow-headers': '*',
        'access-control-max-age': String(maxAgeSeconds),
      },
      body: '',
    },
    notAllowed: { status: 405, headers: { ...anyOrigin, allow }, body: '' },
  }
}
