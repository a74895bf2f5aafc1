/** Starts an authorization server for tests: one line, a few milliseconds, loopback only. */
import { type FetchDocument, generateSigningKeyPair, keyThumbprint, type SignatureAlgorithm } from '@credence/jwt'
import { formatScope } from '@credence/protocol'
import { createAnswering } from './answering.ts'
import { createFaults, type Fault, type FaultOptions } from './faults.ts'
import { listen } from './http_listener.ts'
import { createMintToken, type TokenChanges } from './issue_token.ts'
import { type PresetOptions, presetOptionsFor } from './preset_options.ts'
import { createProviderFetch, createProviderFetchDocument, type Fetch } from './provider_fetch.ts'
import { createRequestRecord, type RecordedRequest } from './recorded_requests.ts'
import {
  type ClientOptions,
  createClientRegistry,
  createRegisteredClient,
  type RegisteredClient,
  type TestClient,
} from './registered_client.ts'
import { createSeededRandomness } from './seeded_randomness.ts'
import { createSigningKeys, type RotateKeysOptions } from './signing_keys.ts'
import { type SkinName, skinNames, skins } from './skins/skins.ts'
import { createTestClock, type TestClock } from './test_clock.ts'

export interface TestAuthorizationServerOptions<Name extends SkinName = 'credence'> {
  /** Which provider it looks like. Default: `credence`. */
  readonly skin?: Name | undefined
  /** Default: what the provider signs with (RS256, and ES256 for Credence). */
  readonly algorithm?: SignatureAlgorithm | undefined
  /** Epoch seconds. Default: the machine's time now; it stands still either way until `clock` moves it. */
  readonly startsAt?: number | undefined
  /** The same seed gives the same ids and secrets. Keys and signatures are fresh in every run. Default: `credence`. */
  readonly seed?: string | undefined
  /** The client that is there from the start. */
  readonly client?: ClientOptions | undefined
  /** The API that tokens are for when nothing else says so. Default: as the provider has it. */
  readonly audience?: string | undefined
  /**
   * Everything it writes bears the provider's own URLs in place of its address on loopback, so that code under test needs
   * no other; reach it through `fetch` and `fetchDocument`. Default: false.
   */
  readonly providerUrls?: boolean | undefined
  /** How many requests `requests` keeps, 1 to 100,000. Default: 1,000. */
  readonly maxRequests?: number | undefined
}

export interface IssueTokenOptions extends TokenChanges {
  /** A registered client. Default: the one that is there from the start. */
  readonly clientId?: string | undefined
  readonly audience?: string | undefined
  readonly scope?: string | readonly string[] | undefined
  /** Default: that of the client, or of the skin. */
  readonly ttlSeconds?: number | undefined
}

export interface TestAuthorizationServer<Name extends SkinName = 'credence'> extends AsyncDisposable {
  readonly skin: Name
  readonly issuer: string
  /** Where it listens: `http://127.0.0.1:PORT`. */
  readonly url: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  /** The client that is there from the start. */
  readonly clientId: string
  readonly clientSecret: string
  readonly audience: string
  /** For `createTokenManager(preset(as.presetOptions))`, the preset being the skin's. */
  readonly presetOptions: PresetOptions[Name]
  /** Registers a client, or replaces one of the same id: that is how a secret is rotated. */
  readonly addClient: (options?: ClientOptions) => TestClient
  /** A token as the token endpoint gives it, or as wrong as a test wants it. */
  readonly issueToken: (options?: IssueTokenOptions) => Promise<string>
  /** The last requests, oldest first; live. */
  readonly requests: readonly RecordedRequest[]
  readonly clock: TestClock
  /** Signs with a new key from now on. */
  readonly rotateKeys: (options?: RotateKeysOptions) => Promise<void>
  /** Has the next requests go wrong. */
  readonly fault: (options: FaultOptions) => Fault
  /** A fetch to which the provider's own URLs are this server; see `providerUrls`. */
  readonly fetch: Fetch
  /** The same as `fetchDocument` of @credence/verifier. */
  readonly fetchDocument: FetchDocument
  /** Cuts every connection and stops listening. */
  readonly close: () => Promise<void>
}

const maxRecordable = 100_000

/**
 * Starts a server on a free port of 127.0.0.1.
 *
 * @throws {TypeError} or {RangeError} when an option is wrong
 */
export const startTestAuthorizationServer = async <const Name extends SkinName = 'credence'>(
  options: TestAuthorizationServerOptions<Name> = {},
): Promise<TestAuthorizationServer<Name>> => {
  const name = (options.skin ?? 'credence') as Name
  if (!skinNames.includes(name)) throw new TypeError(`skin must be one of ${skinNames.join(', ')}`)
  const { maxRequests = 1_000, startsAt = Math.floor(Date.now() / 1000) } = options
  if (!Number.isInteger(maxRequests) || maxRequests < 1 || maxRequests > maxRecordable) {
    throw new RangeError(`maxRequests must be a whole number from 1 to ${maxRecordable}`)
  }
  const skin = skins[name]
  const clock = createTestClock(startsAt)
  const randomness = createSeededRandomness(options.seed ?? 'credence')
  const keys = createSigningKeys(options.algorithm ?? skin.algorithm)
  const record = createRequestRecord(maxRequests)
  const faults = createFaults()
  const clients = createClientRegistry()
  const defaults = { audience: options.audience ?? skin.defaults.audience, scope: skin.defaults.scope }

  const register = (given: ClientOptions): RegisteredClient => {
    const clientId = given.clientId ?? skin.defaults.createClientId(randomness)
    const client = createRegisteredClient(given, clientId, randomness)
    clients.add(client)
    return client
  }
  const ownKey = name === 'google' ? await createAccountKey() : undefined
  const client = register({ publicKey: ownKey?.publicKey, ...options.client })

  let urls = skin.locate(undefined)
  const listener = await listen((origin) => {
    if (options.providerUrls !== true) urls = skin.locate(origin)
    return createAnswering({ skin, urls, keys, clock, randomness, record, faults, clients, defaults })
  })
  const mint = createMintToken({ skin, urls, keys, clock, randomness })

  return {
    skin: name,
    issuer: urls.issuer,
    url: listener.origin,
    tokenEndpoint: urls.token,
    jwksUri: urls.keys,
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    audience: client.audiences?.[0] ?? defaults.audience,
    presetOptions: presetOptionsFor[name]({
      urls,
      client: { clientId: client.clientId, clientSecret: client.clientSecret },
      audience: client.audiences?.[0] ?? defaults.audience,
      scope: formatScope(client.scope ?? defaults.scope),
      key: ownKey,
    }),
    addClient: (given = {}) => {
      const { clientId, clientSecret } = register(given)
      return { clientId, clientSecret }
    },
    issueToken: async ({ clientId, audience, scope, ttlSeconds, ...changes } = {}) => {
      const holder = clientId === undefined ? client : clients.find(clientId)
      if (holder === undefined) throw new TypeError(`no such client: ${clientId}; add it first`)
      return mint.token(
        {
          client: holder,
          audience: audience ?? holder.audiences?.[0] ?? defaults.audience,
          scope: typeof scope === 'string' ? scope.split(' ') : (scope ?? holder.scope ?? defaults.scope),
          ttlSeconds: ttlSeconds ?? holder.tokenTtlSeconds ?? skin.defaults.tokenTtlSeconds,
        },
        changes,
      )
    },
    requests: record.all,
    clock,
    rotateKeys: keys.rotate,
    fault: faults.add,
    fetch: createProviderFetch(urls, listener.origin),
    fetchDocument: createProviderFetchDocument(urls, listener.origin),
    close: listener.close,
    [Symbol.asyncDispose]: listener.close,
  }
}

/** A service account's key, as its key file has it. */
const createAccountKey = async () => {
  const { privateKey, publicKey } = await generateSigningKeyPair('RS256')
  const kid = keyThumbprint(publicKey)
  return { publicKey, kid, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
