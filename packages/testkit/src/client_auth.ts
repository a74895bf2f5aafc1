/** Who asks: client_secret_basic, client_secret_post, private_key_jwt, or the assertion of a jwt-bearer grant. RFC 6749 §2.3, RFC 7523. */
import { createLocalKeySet, decodeCompactJws, type JsonObject, JwtError } from '@credence/jwt'
import { type Clock, type Form, jwtBearerAssertionType, OAuthError, parseBasicCredentials } from '@credence/protocol'
import { Refusal } from './refusal.ts'
import type { ClientRegistry, RegisteredClient } from './registered_client.ts'

export const clientAuthMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const

export interface ClientAuthDeps {
  readonly clients: ClientRegistry
  readonly clock: Clock
  /** What an assertion may name as its audience: the issuer and the token endpoint. */
  readonly audiences: readonly string[]
}

export interface ClientAuthentication {
  /** @throws {Refusal} or {OAuthError} */
  readonly authenticateClient: (form: Form, authorization: string | undefined) => RegisteredClient
  /**
   * The client and the claims of an assertion.
   *
   * @throws {Refusal} `unknown_client`, `bad_assertion`
   */
  readonly readAssertion: (assertion: string) => { readonly client: RegisteredClient; readonly claims: JsonObject }
}

/** The ids of assertions that were used; the oldest are forgotten first. */
const maxRememberedAssertions = 10_000
const maxAssertionSeconds = 3_600

export const createClientAuthentication = ({ clients, clock, audiences }: ClientAuthDeps): ClientAuthentication => {
  const used = new Set<string>()

  const checkSecret = (clientId: string, clientSecret: string): RegisteredClient => {
    const client = findClient(clientId)
    if (client.clientSecret !== clientSecret) throw new Refusal('wrong_secret', clientId)
    if (client.secretExpiresAt !== undefined && client.secretExpiresAt <= clock.epochSeconds()) {
      throw new Refusal('expired_secret', clientId)
    }
    return client
  }

  const findClient = (clientId: string): RegisteredClient => {
    const client = clients.find(clientId)
    if (client === undefined) throw new Refusal('unknown_client', clientId)
    return client
  }

  const checkAssertionClaims = (claims: JsonObject): void => {
    const now = clock.epochSeconds()
    const { aud, exp, iat = now, jti } = claims
    const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
    if (!named.some((audience) => audiences.some((own) => own === audience))) throw bad('aud is not this server')
    if (typeof exp !== 'number' || exp <= now) throw bad('it is expired')
    if (typeof iat !== 'number' || exp - iat > maxAssertionSeconds || iat > now + 60)
      throw bad('its time is out of range')
    if (typeof jti !== 'string') return
    // RFC 7523 §3: the server "MAY ensure that JWTs are not replayed"
    if (used.has(jti)) throw bad('it was used before')
    used.add(jti)
    const [oldest] = used
    if (used.size > maxRememberedAssertions && oldest !== undefined) used.delete(oldest)
  }

  const readAssertion = (assertion: string) => {
    try {
      const { header, claims, signingInput, signature } = decodeCompactJws(assertion)
      const client = findClient(typeof claims.iss === 'string' ? claims.iss : '')
      // the key has no name here, so that any kid will do
      const key = createLocalKeySet(client.keys ?? { keys: [] }, [header.algorithm.name]).find(
        undefined,
        header.algorithm,
      )
      if (key instanceof Promise || !key.verify(signingInput, signature)) throw bad('its signature does not verify')
      checkAssertionClaims(claims)
      return { client, claims }
    } catch (error) {
      throw error instanceof JwtError ? bad(error.message) : error
    }
  }

  const authenticateByAssertion = (form: Form, assertion: string): RegisteredClient => {
    if (form.get('client_assertion_type') !== jwtBearerAssertionType)
      throw bad(`client_assertion_type must be ${jwtBearerAssertionType}`)
    const { client, claims } = readAssertion(assertion)
    if (claims.sub !== client.clientId) throw bad('sub is not the client id')
    const named = form.get('client_id')
    if (named !== undefined && named !== client.clientId) throw bad('client_id is another')
    return client
  }

  return {
    readAssertion,
    authenticateClient: (form, authorization) => {
      const assertion = form.get('client_assertion')
      const clientSecret = form.get('client_secret')
      const presented = [authorization, clientSecret, assertion].filter((value) => value !== undefined)
      // "The client MUST NOT use more than one authentication method in each request."
      if (presented.length > 1) throw new OAuthError('invalid_request', 'more than one client authentication method')
      if (assertion !== undefined) return authenticateByAssertion(form, assertion)
      if (authorization !== undefined) return checkSecret(...readBasic(form, authorization))
      if (clientSecret === undefined) throw new Refusal('no_client_authentication', form.get('client_id') ?? '')
      const clientId = form.get('client_id')
      if (clientId === undefined) throw new OAuthError('invalid_request', 'client_secret without client_id')
      return checkSecret(clientId, clientSecret)
    },
  }
}

const readBasic = (form: Form, authorization: string): [clientId: string, clientSecret: string] => {
  const [, encoded] = /^basic +(.*)$/i.exec(authorization) ?? []
  if (encoded === undefined)
    throw new OAuthError('invalid_client', 'the Authorization header must use the Basic scheme')
  const { clientId, clientSecret } = parseBasicCredentials(encoded)
  const named = form.get('client_id')
  if (named !== undefined && named !== clientId) {
    throw new OAuthError('invalid_request', 'client_id in the body differs from the one in the Authorization header')
  }
  return [clientId, clientSecret]
}

const bad = (why: string) => new Refusal('bad_assertion', why)
