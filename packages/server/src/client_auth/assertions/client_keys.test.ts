import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { systemClock, systemRandomness } from '@credence/protocol'
import { type ClientKeySource, ClientKeysError, createKeyCredentials, maxClientKeys } from './client_keys.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' })
const good = { ...jwkOf(ec.publicKey), kid: 'k1', alg: 'ES256' }
const rsa = (modulusLength: number) => jwkOf(generateKeyPairSync('rsa', { modulusLength }).publicKey)

const create = (source: ClientKeySource, allowPrivateAddresses = false) =>
  createKeyCredentials('job', source, {
    ...{ clock: systemClock, randomness: systemRandomness, allowPrivateAddresses },
    ...{ label: 'laptop', expiresIn: 60 },
  })

test('RFC 7591 §2: each key of a set is a credential of its own, of what verifying needs and nothing else', () => {
  const ed = { ...jwkOf(generateKeyPairSync('ed25519').publicKey), x5c: ['AA'], comment: 'mine' }
  const [first, second, third] = create({ jwks: { keys: [good, ed, rsa(2048)] } })
  assert.deepEqual(first?.key, { jwk: JSON.stringify(sorted(good)) })
  assert.ok(second !== undefined && 'jwk' in second.key)
  assert.deepEqual(Object.keys(JSON.parse(second.key.jwk)), ['kty', 'crv', 'x'])
  assert.notEqual(first?.credentialId, third?.credentialId)
  assert.equal(first?.label, 'laptop')
  assert.equal(first?.expiresAt, (first?.createdAt ?? 0) + 60)
})

const sorted = ({ kty, crv, x, y, kid, alg }: Record<string, unknown>) => ({ kty, crv, x, y, kid, alg })

test('RFC 7591 §2: a jwks_uri is one credential', () => {
  const [credential, none] = create({ jwksUri: 'https://client.example.com/jwks.json' })
  assert.deepEqual(credential?.key, { jwksUri: 'https://client.example.com/jwks.json' })
  assert.equal(none, undefined)
  assert.equal(create({ jwksUri: 'http://127.0.0.1:9000/jwks' }, true).length, 1)
})

const refused: readonly (readonly [title: string, source: ClientKeySource, message: RegExp])[] = [
  ['33: both', { jwks: { keys: [good] }, jwksUri: 'https://a.example' }, /not both/],
  ['neither', {}, /give the public keys/],
  ['a single JWK', { jwks: good }, /a JWK set, \{"keys":\[\.\.\.\]\}/],
  ['an empty set', { jwks: { keys: [] } }, /no key/],
  ['too many', { jwks: { keys: Array.from({ length: maxClientKeys + 1 }, () => good) } }, /20 at most/],
  [
    'V3: a private key',
    { jwks: { keys: [{ ...jwkOf(ec.privateKey), kid: 'k1' }] } },
    /key 1 \(kid 'k1'\) is a private key/,
  ],
  ['V3: a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }, /symmetric: register a public key/],
  ['V3: RSA of 1024 bits', { jwks: { keys: [rsa(1024)] } }, /2048 to 8192 bits/],
  [
    'V3: EC P-384',
    { jwks: { keys: [jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)] } },
    /use EC P-256/,
  ],
  ['V3: a key for encrypting', { jwks: { keys: [{ ...good, use: 'enc' }] } }, /its use is 'enc'/],
  ['V3: alg of another type', { jwks: { keys: [{ ...good, alg: 'PS256' }] } }, /alg does not fit/],
  ['alg that is none of ours', { jwks: { keys: [{ ...good, alg: 'ES512' }] } }, /alg is 'ES512'/],
  ['V3: kid a number', { jwks: { keys: [{ ...good, kid: 1 }] } }, /kid must be a string/],
  ['a point that is not on the curve', { jwks: { keys: [{ ...good, y: good.x }] } }, /it is not a key/],
  ['one kid for two keys', { jwks: { keys: [good, { ...rsa(2048), kid: 'k1' }] } }, /same kid/],
  ['one key twice', { jwks: { keys: [good, { ...good, kid: 'k2' }] } }, /twice/],
  ['what is no object', { jwks: { keys: ['key'] } }, /key 1 is not a JWK/],
  ['K4: http', { jwksUri: 'http://client.example.com/jwks' }, /not https/],
  ['K4: loopback', { jwksUri: 'https://127.0.0.1/jwks' }, /private or special address/],
  ['K4: http on loopback', { jwksUri: 'http://localhost/jwks' }, /--allow-private-addresses/],
  ['K4: link-local', { jwksUri: 'https://169.254.169.254/latest' }, /private or special address/],
  ['K4: mapped loopback', { jwksUri: 'https://[::ffff:127.0.0.1]/jwks' }, /private or special address/],
  ['a fragment', { jwksUri: 'https://client.example.com/jwks#a' }, /without a fragment/],
  ['user information', { jwksUri: 'https://u:p@client.example.com/jwks' }, /user information/],
  ['no URL', { jwksUri: 'jwks.json' }, /must be an https URL/],
]

for (const [title, source, message] of refused) {
  test(`${title} is refused, with what to do`, () => {
    assert.throws(() => create(source), { name: 'ClientKeysError', code: 'invalid_client_keys', message })
  })
}

test('A9: nothing of a private key is in the refusal', () => {
  const { d = '' } = jwkOf(ec.privateKey)
  try {
    create({ jwks: { keys: [jwkOf(ec.privateKey)] } })
    assert.fail()
  } catch (error) {
    assert.ok(error instanceof ClientKeysError)
    assert.ok(!`${error.message}${error.stack}`.includes(d))
  }
})
