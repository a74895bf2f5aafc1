/** One request to a provider, whatever it answers: no redirects, bounded in time and size. */

export interface BoundedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Epoch seconds of this machine's clock. */
  readonly sentAt: number
  readonly answeredAt: number
}

export interface BoundedRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Headers
  readonly body?: URLSearchParams
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly signal?: AbortSignal | undefined
}

/** Nothing came back. `code` is the system's, such as ECONNREFUSED, or `timeout`. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export const requestTimeoutMs = 5_000
const maxBytes = 262_144

/** @throws {Unreachable} */
export const sendBounded = async (url: string, request: BoundedRequest = {}): Promise<BoundedAnswer> => {
  const { method = 'GET', headers = new Headers(), body, fetch = globalThis.fetch } = request
  const timeout = AbortSignal.timeout(requestTimeoutMs)
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal])
  const sentAt = epochSeconds()
  try {
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    const response = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal })
    return {
      status: response.status,
      headers: response.headers,
      text: await readText(response.body),
      sentAt,
      answeredAt: epochSeconds(),
    }
  } catch (error) {
    if (error instanceof Unreachable) throw error
    if (signal.aborted) throw new Unreachable('timeout', `no whole answer within ${requestTimeoutMs / 1000} s`)
    const code = systemCodeOf(error)
    throw new Unreachable(code ?? 'network_error', code ?? 'the connection failed')
  }
}

/** Everything in it that a JSON object is; undefined when it is none. */
export const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** The code of the system or of OpenSSL, wherever in the chain of causes. Messages may hold what was sent. */
export const systemCodeOf = (error: unknown): string | undefined => {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code = 'code' in at ? at.code : undefined
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,48}$/.test(code)) return code
  }
  return undefined
}

const readText = async (body: ReadableStream<Uint8Array> | null): Promise<string> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.byteLength
    if (length > maxBytes) throw new Unreachable('too_large', `the answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const epochSeconds = (): number => Math.floor(Date.now() / 1000)
