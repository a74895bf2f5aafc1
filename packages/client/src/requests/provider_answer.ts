/** Where a provider answers in its own way: its answer put into the words of RFC 6749 before it is read. RFC 6749 §5.1, §5.2. */
import { parseJsonObject } from './server_answer.ts'

/** An answer of the token endpoint whose body is a JSON object. */
export interface ProviderAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** The body as RFC 6749 has it; the same one where nothing is to be done. */
export type TranslateAnswer = (answer: ProviderAnswer) => Readonly<Record<string, unknown>>

/** The answer with its body translated. One that is no JSON object stays as it is, and so does the status. */
export const translateResponse = async (
  response: Response,
  translate: TranslateAnswer | undefined,
): Promise<Response> => {
  if (translate === undefined) return response
  const body = parseJsonObject(await response.clone().text())
  if (body === undefined) return response
  const translated = translate({ status: response.status, body })
  if (translated === body) return response
  return new Response(JSON.stringify(translated), { status: response.status, headers: response.headers })
}
