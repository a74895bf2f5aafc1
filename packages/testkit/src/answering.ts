/** What is behind the listener: record, faults, then the endpoint that the path is, and refusals in the skin's words. */
import { createClientAuthentication } from './client_auth.ts'
import type { Faults } from './faults.ts'
import type { Answering, Arrived } from './http_listener.ts'
import { createIntrospection } from './introspection.ts'
import { createMintToken, type MintDeps } from './issue_token.ts'
import type { EndpointName, RequestRecord } from './recorded_requests.ts'
import { Refusal, toRefusal } from './refusal.ts'
import type { ClientRegistry } from './registered_client.ts'
import type { SkinAnswer, SkinDefaults, SkinUrls } from './skins/skin.ts'
import { createTokenEndpoint } from './token_endpoint.ts'

export interface AnsweringDeps extends MintDeps {
  readonly record: RequestRecord
  readonly faults: Faults
  readonly clients: ClientRegistry
  readonly defaults: SkinDefaults
}

export const createAnswering = (deps: AnsweringDeps): Answering => {
  const { skin, urls, keys, clock, randomness, record, faults } = deps
  const authentication = createClientAuthentication({ ...deps, audiences: [urls.issuer, urls.token] })
  const token = createTokenEndpoint({ ...deps, ...authentication, mint: createMintToken(deps) })
  const introspection = createIntrospection({ ...deps, ...authentication })
  const routes = routesOf(urls)
  const noted = new WeakMap<Arrived, (status: number) => void>()

  const refuse = (thrown: unknown): SkinAnswer =>
    skin.refuse(toRefusal(thrown), { urls, iat: clock.epochSeconds(), randomness })

  const answerEndpoint = async (endpoint: EndpointName | undefined, arrived: Arrived): Promise<SkinAnswer> => {
    if (endpoint === undefined) throw new Refusal('malformed_request', 'no such endpoint', 404)
    const isForm = endpoint === 'token' || endpoint === 'introspection'
    const allow = isForm ? 'POST' : 'GET'
    if (arrived.method !== allow) {
      return { ...refuse(new Refusal('malformed_request', `use ${allow}`, 405)), headers: { allow } }
    }
    const { headers, query, body } = arrived
    const form = { contentType: headers['content-type'], authorization: headers.authorization, query, body }
    switch (endpoint) {
      case 'token':
        return token(form)
      case 'introspection':
        return introspection(form)
      case 'metadata':
        return { status: 200, isPublic: true, body: skin.metadata(urls) }
      case 'keys':
        return { status: 200, isPublic: true, body: await keys.document() }
    }
  }

  return {
    refuse,
    answerFault: (status, retryAfter) => {
      const own = status === 429 ? skin.tooMany?.({ urls, iat: clock.epochSeconds(), randomness }) : undefined
      const asked: Readonly<Record<string, string>> = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }
      const body = own?.body ?? { error: codeOf(status), error_description: 'a fault that the test asked for' }
      return { status, headers: { ...own?.headers, ...asked }, body }
    },
    faultFor: (arrived) => {
      const { method, path, headers, body } = arrived
      const endpoint = routes.get(path)
      const form = Object.fromEntries(new URLSearchParams(body))
      const texts = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, `${value}`]))
      const request = { method, path, endpoint, headers: texts, form, body, at: clock.epochSeconds() }
      const note = record.add(request)
      noted.set(arrived, note)
      const fault = faults.next(endpoint)
      if (fault?.status !== undefined) note(fault.status)
      return fault
    },
    answer: async (arrived) => {
      const endpoint = routes.get(arrived.path)
      const answered = await answerEndpoint(endpoint, arrived).catch(refuse)
      noted.get(arrived)?.(answered.status)
      return answered
    },
  }
}

const routesOf = ({ token, keys, metadata, introspection }: SkinUrls): ReadonlyMap<string, EndpointName> => {
  const pathOf = (url: string) => new URL(url).pathname
  return new Map<string, EndpointName>([
    [pathOf(token), 'token'],
    [pathOf(keys), 'keys'],
    ...metadata.map((url): [string, EndpointName] => [pathOf(url), 'metadata']),
    ...(introspection === undefined ? [] : [[pathOf(introspection), 'introspection'] as [string, EndpointName]]),
  ])
}

const codeOf = (status: number): string => {
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}
