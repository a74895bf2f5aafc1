/** What the client library does, from its first token to its errors: the same lines on every runtime. */
import { createTokenManager, privateKeyJwt, type SharedStore, sealedCache, TokenError } from '@credence/client'

export interface Settings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly audience: string
  /** Refuses the first token it is shown and takes any other. */
  readonly apiUrl: string
  /** Another server, with a client that signs. */
  readonly provider: { readonly issuer: string; readonly clientId: string; readonly jwk: Jwk }
}

type Jwk = Readonly<Record<string, unknown>>

/** Time that can be moved on, so that nothing waits for a token to expire. */
const createMovableClock = () => {
  let movedSeconds = 0
  return {
    clock: {
      epochSeconds: () => Math.floor(Date.now() / 1000) + movedSeconds,
      monotonicMs: () => performance.now() + movedSeconds * 1000,
    },
    move: (seconds: number) => {
      movedSeconds += seconds
    },
  }
}

const createStore = (): SharedStore => {
  const kept = new Map<string, string>()
  return {
    get: async (key) => kept.get(key),
    set: async (key, value, { onlyIfAbsent }) => {
      if (onlyIfAbsent && kept.has(key)) return false
      kept.set(key, value)
      return true
    },
    remove: async (key, value) => {
      if (kept.get(key) === value) kept.delete(key)
    },
  }
}

const codeOf = async (failing: Promise<unknown>): Promise<unknown> => {
  try {
    return await failing
  } catch (error) {
    return error instanceof TokenError ? error.code : String(error)
  }
}

/** Runs it, and says what came of it. No token is in the result. */
export const runScenario = async (settings: Settings): Promise<Readonly<Record<string, unknown>>> => {
  const { issuer, clientId, clientSecret, audience, apiUrl, provider } = settings
  const time = createMovableClock()
  const options = { issuer, clientId, clientSecret, audience }
  const tokens = createTokenManager({ ...options, clock: time.clock })
  const [first, second] = await Promise.all([tokens.getToken(), tokens.getToken()])
  const sentForTwo = tokens.status().requests.sent
  time.move(3600)
  const renewed = await tokens.getToken()

  const called = await tokens.fetch(apiUrl, { method: 'POST', body: 'text' })
  const answered = await called.text()
  const afterRefusal = await tokens.getToken()

  const auth = privateKeyJwt({ key: provider.jwk, alg: 'ES256' })
  const keyed = { issuer: provider.issuer, clientId: provider.clientId, auth, scope: 'orders:read' }
  const signed = await createTokenManager(keyed).getToken()
  const bound = await createTokenManager({ ...keyed, dpop: {} }).getToken()

  const sharedCache = sealedCache({ store: createStore(), keys: [crypto.getRandomValues(new Uint8Array(32))] })
  const sharing = [createTokenManager({ ...options, sharedCache }), createTokenManager({ ...options, sharedCache })]
  const shared: string[] = []
  for (const manager of sharing) shared.push((await manager.getToken()).accessToken)

  const wrong = createTokenManager({ ...options, clientSecret: 'wrong' })
  const refusedCode = await codeOf(wrong.getToken())
  tokens.close()
  return {
    tokenType: first.tokenType,
    oneRequestForTwo: first.accessToken === second.accessToken && sentForTwo === 2,
    renewed: renewed.accessToken !== first.accessToken,
    apiStatus: called.status,
    apiAnswered: answered,
    renewedAfterRefusal: afterRefusal.accessToken !== renewed.accessToken,
    printed: JSON.stringify({ ...afterRefusal }).includes(afterRefusal.accessToken),
    privateKeyJwt: signed.tokenType,
    dpop: bound.tokenType,
    shared: shared[0] === shared[1],
    wrongSecret: refusedCode,
    insecureUrl: await codeOf(Promise.resolve().then(() => tokens.fetch('http://api.example.com/'))),
    closed: await codeOf(tokens.getToken()),
  }
}
