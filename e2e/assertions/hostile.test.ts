import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { assertRefused } from '../support/token.ts'
import {
  askWith,
  audience,
  createKey,
  makeAssertion,
  makeHmacAssertion,
  openRegistrar,
  type Parts,
  rightClaims,
  signWith,
} from './setting.ts'

const credence = await startCredence({ args: ['--failed-authentications-per-minute', '100000'] })
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })
const registrar = await openRegistrar(credence)
after(registrar.close)
const { issuer } = credence
const job = { clientId: 'job', issuer }
const key = createKey()
const rsa = createKey('PS256')
await registrar.register('job', { jwks: { keys: [key.publicJwk, rsa.publicJwk] } })

const pem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }).toString()
const rsaPem = createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' }).toString()
const attacker = createKey()
const claims = JSON.stringify(rightClaims('job', issuer))
const header = { alg: key.alg, kid: key.kid }
const signed = (parts: Parts) => makeAssertion(key, job, parts)
const parts = (assertion: string) => assertion.split('.') as [string, string, string]

const unsigned = (alg: string) =>
  `${parts(signed({ header: { alg } }))
    .slice(0, 2)
    .join('.')}.`

const hostile: Readonly<Record<string, () => string>> = {
  'V1: alg none': () => unsigned('none'),
  'V1: alg NONE, signed': () => signed({ header: { alg: 'NONE' } }),
  'V1: no alg': () => signed({ header: { alg: undefined } }),
  'V1, 16: HS256 with the public PEM': () => makeHmacAssertion(pem, job, { header: { kid: key.kid } }),
  'V1, 16: HS256 with the public PEM of the RSA key, and white space before': () =>
    makeHmacAssertion(` ${rsaPem}`, job),
  'V1, 16: HS256 with the public JWK': () => makeHmacAssertion(JSON.stringify(key.publicJwk), job),
  'V1, 16: HS256 with an empty key': () => makeHmacAssertion('', job),
  'V1, 16: HS256 with 32 zero bytes': () => makeHmacAssertion(Buffer.alloc(32), job),
  'V2: an embedded jwk': () =>
    makeAssertion(attacker, job, { header: { jwk: { ...attacker.publicJwk }, kid: attacker.kid } }),
  'V2: a jku': () => makeAssertion(attacker, job, { header: { jku: 'https://evil.example.com/jwks' } }),
  'V2: x5u and x5c': () => makeAssertion(attacker, job, { header: { x5u: 'https://evil.example.com', x5c: ['AA'] } }),
  'V3: alg of another key type': () => signed({ header: { alg: 'EdDSA' } }),
  'V3: RS256 with a key for PS256': () => makeAssertion({ ...rsa, alg: 'RS256' }, job),
  'V3: kid a number': () => signed({ header: { kid: 1 } }),
  'V3: kid __proto__': () => makeAssertion({ ...attacker, kid: '__proto__' }, job),
  'V4: crit of something unknown': () => signed({ header: { crit: ['exp'] } }),
  'V4: crit empty': () => signed({ header: { crit: [] } }),
  'V4: b64 false': () => signed({ header: { b64: false } }),
  'V6: alg given twice': () => signed({ header: `{"alg":"none","alg":"ES256","kid":"${key.kid}"}` }),
  'V6: sub given twice': () => signed({ claims: claims.replace('{', '{"sub":"other",') }),
  'V6: jti given twice, once with escapes': () => signed({ claims: claims.replace('{', '{"\\u006ati":"x",') }),
  'V7: trailing bits of the signature': () => {
    const assertion = signed({})
    // 64 bytes are 86 characters, of whose last only two bits count
    return `${assertion.slice(0, -1)}${assertion.endsWith('A') ? 'B' : `${String.fromCharCode(assertion.charCodeAt(assertion.length - 1) + 1)}`}`
  },
  'V7: padding': () => `${signed({})}==`,
  'V7: a line break': () => signed({}).replace('.', '\n.'),
  'V8: 10,000 dots': () => '.'.repeat(10_000),
  'V8: longer than 16 KB': () => signed({ claims: { padding: 'x'.repeat(17_000) } }),
  'V8: a __proto__ claim': () => signed({ claims: claims.replace('{', '{"__proto__":{"sub":"job"},') }),
  'V8: invalid UTF-8': () => {
    const [head] = parts(signed({}))
    const input = `${head}.${Buffer.concat([Buffer.from(claims.slice(0, -1)), Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]).toString('base64url')}`
    return `${input}.${signWith(key, input)}`
  },
  'V9: exp 1e999': () => signed({ claims: claims.replace(/"exp":\d+/, '"exp":1e999') }),
  'V10: iss with a slash at its end': () => signed({ claims: { iss: 'job/' } }),
  'V10: sub as an array': () => signed({ claims: { sub: ['job'] } }),
  'V12: five parts': () => `${signed({})}.AA.AA`,
  'a signature of nothing': () => `${parts(signed({})).slice(0, 2).join('.')}.`,
  'a signature of zeros': () => `${parts(signed({})).slice(0, 2).join('.')}.${Buffer.alloc(64).toString('base64url')}`,
  'a claim changed after signing': () => {
    const [head, , signature] = parts(signed({}))
    return `${head}.${Buffer.from(JSON.stringify(rightClaims('job', issuer))).toString('base64url')}.${signature}`
  },
  'claims that are no object': () => signed({ claims: '[]' }),
}

test('the assertion that all of these are made from is good', async () => {
  assert.equal((await askWith(credence, signed({}))).status, 200)
  assert.equal((await askWith(credence, signed({ header: JSON.stringify(header) }))).status, 200)
  assert.equal((await askWith(credence, signed({ claims }))).status, 200)
  assert.equal((await askWith(credence, makeAssertion(rsa, job))).status, 200)
})

for (const [title, make] of Object.entries(hostile)) {
  test(`${title} is refused`, async () => {
    const answer = await askWith(credence, make(), { client_id: 'job' })
    assertRefused(answer, 'invalid_client')
    assert.match(answer.body, /"client authentication failed"/)
  })
}

test('V14: the second valid form of an ECDSA signature is the same assertion', async () => {
  const assertion = signed({})
  const [head, payload, signature] = parts(assertion)
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const bytes = Buffer.from(signature, 'base64url')
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  assert.equal((await askWith(credence, `${head}.${payload}.${other.toString('base64url')}`)).status, 200)
  assertRefused(await askWith(credence, assertion), 'invalid_client')
})
