/** A client assertion in the body: read, and which method it is found out. RFC 7521 §4.2, RFC 7523 §2.2. */
import { type ClientAssertion, decodeClientAssertion } from '@credence/jwt'
import { OAuthError } from '@credence/protocol'
import type { ClientAuthMethod } from '../client_auth_method.ts'

export const clientAssertion: ClientAuthMethod = {
  read(form) {
    const assertion = form.get('client_assertion')
    const assertionType = form.get('client_assertion_type')
    if (assertion === undefined && assertionType === undefined) return undefined
    if (assertion === undefined || assertionType === undefined) {
      throw new OAuthError('invalid_request', 'client_assertion and client_assertion_type belong together')
    }
    // RFC 7521 §4.2: client_id is "unnecessary for client assertion authentication because the client is identified by
    // the subject within the assertion"
    const clientId = form.get('client_id') ?? subjectOf(assertion)
    return { method: 'client_assertion', clientId, assertion, assertionType }
  },
}

/** Whom an assertion says that it is of. What cannot be read is nobody's, and refused with the rest of its kind. */
const subjectOf = (assertion: string): string => {
  const { sub } = tryDecode(assertion)?.claims ?? {}
  return typeof sub === 'string' ? sub : ''
}

const tryDecode = (assertion: string): ClientAssertion | undefined => {
  try {
    return decodeClientAssertion(assertion)
  } catch {
    return undefined
  }
}
