/** Where a provider answers in its own way: its answer put into the words of RFC 6749 before it is read. RFC 6749 §5.1, §5.2. */
import { TokenError } from '../token_error.ts'
import { parseJsonObject } from './server_answer.ts'

/** An answer of the token endpoint whose body is a JSON object. */
export interface ProviderAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** The body as RFC 6749 has it; the same one where nothing is to be done. */
export type TranslateAnswer = (answer: ProviderAnswer) => Readonly<Record<string, unknown>>

/**
 * The answer with its body translated. One that is no JSON object stays as it is, and so does the status.
 *
 * @throws {TokenError} `invalid_configuration` when `translate` throws: its error may hold what was in the answer
 */
export const translateResponse = async (
  response: Response,
  translate: TranslateAnswer | undefined,
): Promise<Response> => {
  if (translate === undefined) return response
  const body = parseJsonObject(await response.clone().text())
  if (body === undefined) return response
  const translated = runTranslation(translate, { status: response.status, body })
  if (translated === body) return response
  return new Response(JSON.stringify(translated), { status: response.status, headers: response.headers })
}

const runTranslation = (translate: TranslateAnswer, answer: ProviderAnswer): Readonly<Record<string, unknown>> => {
  try {
    return translate(answer)
  } catch (error) {
    if (error instanceof TokenError) throw error
    const kind = error instanceof Error ? error.constructor.name : typeof error
    throw new TokenError('invalid_configuration', `translateAnswer failed: ${kind}`)
  }
}
