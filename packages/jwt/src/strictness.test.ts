/** What jose and oauth4webapi refuse, we refuse; where we refuse more, docs/strictness.md says why. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, describe, it } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { type AuthorizationServer, clockTolerance, customFetch, validateJwtAccessToken } from 'oauth4webapi'
import { createLocalKeySet, signatureAlgorithms, verifyAccessToken } from './index.ts'
import { type BadToken, createBadTokens } from './testing/bad_tokens.ts'
import { audience, createTestClock, createTestIssuer, issuer } from './testing/test_issuer.ts'

type Verifier = (bad: Pick<BadToken, 'token' | 'keys'>) => Promise<unknown>

const credence: Verifier = async ({ token, keys }) =>
  await verifyAccessToken(token, { issuer, audience, keys: createLocalKeySet({ keys }) })

const requiredClaims = ['iss', 'exp', 'aud', 'sub', 'iat', 'jti', 'client_id']

const jose: Verifier = async ({ token, keys }) =>
  await jwtVerify(token, createLocalJWKSet({ keys } as JSONWebKeySet), {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: [...signatureAlgorithms],
    requiredClaims,
    clockTolerance: 5,
  })

const oauth4webapi: Verifier = async ({ token, keys }) => {
  const server: AuthorizationServer = { issuer, jwks_uri: `${issuer}/keys` }
  const request = new Request(audience, { headers: { authorization: `Bearer ${token}` } })
  return await validateJwtAccessToken(server, request, audience, {
    signingAlgorithms: [...signatureAlgorithms],
    [clockTolerance]: 5,
    [customFetch]: async () => Response.json({ keys }),
  })
}

const verdict = async (verifier: Verifier, bad: Pick<BadToken, 'token' | 'keys'>): Promise<'accepts' | 'refuses'> => {
  try {
    await verifier(bad)
    return 'accepts'
  } catch {
    return 'refuses'
  }
}

describe('strictness, against jose and oauth4webapi', () => {
  let badTokens: readonly BadToken[] = []
  // the oracles read the machine's clock
  const clock = createTestClock(Math.floor(Date.now() / 1000))
  before(async () => {
    badTokens = await createBadTokens(await createTestIssuer('ES256', clock))
  })

  it('a good token is accepted by all three, so that a refusal means something', async () => {
    for (const algorithm of signatureAlgorithms) {
      const good = await createTestIssuer(algorithm, clock)
      for (const verifier of [credence, jose, oauth4webapi]) {
        assert.equal(await verdict(verifier, { token: good.sign(), keys: [good.jwk] }), 'accepts')
      }
    }
  })

  it('every bad token is refused here', async () => {
    assert.ok(badTokens.length > 80)
    for (const bad of badTokens) {
      await assert.rejects(credence(bad), { name: 'JwtError' }, bad.name)
    }
  })

  it('docs/strictness.md lists each bad token that one of them accepts, and says why it is refused', async () => {
    const found: string[] = []
    for (const bad of badTokens) {
      const verdicts = [await verdict(credence, bad), await verdict(jose, bad), await verdict(oauth4webapi, bad)]
      if (verdicts.includes('accepts')) found.push([bad.name, ...verdicts].join(' | '))
    }
    const page = await readFile(new URL('../../../docs/strictness.md', import.meta.url), 'utf8')
    const rows = page.split('\n').filter((line) => /^\| [VK]\d+: /.test(line))
    const listed = rows.map((row) =>
      row
        .split('|')
        .slice(1, 5)
        .map((cell) => cell.trim())
        .join(' | '),
    )
    assert.deepEqual(listed, found)
    for (const row of rows) assert.ok((row.split('|')[5] ?? '').trim().length > 10, `no reason given: ${row}`)
  })
})
