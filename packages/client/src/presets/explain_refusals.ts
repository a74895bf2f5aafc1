/** A provider's refusals in words that say what to do, under the code of RFC 6749 §5.2 that they stand for. */
import type { TranslateAnswer } from '../requests/provider_answer.ts'
import type { TokenErrorCode } from '../token_error.ts'

export interface ProviderRefusal {
  readonly status: number
  readonly error: string
  readonly description: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Meaning {
  /** Default: the one that the provider gave. */
  readonly code?: TokenErrorCode | undefined
  /** What to do about it. ASCII, without quotation marks and backslashes, which a description may not have. */
  readonly advice: string
}

/** What the provider itself said stands behind the advice. */
export const explainRefusals =
  (provider: string, explain: (refusal: ProviderRefusal) => Meaning | undefined): TranslateAnswer =>
  ({ status, body }) => {
    const error = textOf(body.error)
    if (status === 200 && error === '') return body
    const description = textOf(body.error_description)
    const meaning = explain({ status, error, description, body }) ?? explainStatus(status)
    if (meaning === undefined) return body
    const said = [error, description].filter((text) => text !== '').join(': ') || `status ${status}`
    return { ...body, error: meaning.code ?? error, error_description: `${meaning.advice} [${provider}: ${said}]` }
  }

/** Whatever a provider calls it: the status says that it is no refusal, and may be tried again. */
const explainStatus = (status: number): Meaning | undefined => {
  if (status === 429) return { code: 'temporarily_unavailable', advice: 'the rate limit is used up' }
  return status >= 500 ? { code: 'server_error', advice: 'something is wrong at the provider' } : undefined
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
