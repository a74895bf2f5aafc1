import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { der, type MadeCertificate, makeAuthority, makeCertificate } from '../testing/make_certificate.ts'
import { createChainValidator } from './client_certificate_chain.ts'
import { clientAuthPurpose } from './client_certificate_facts.ts'

const now = Math.floor(Date.now() / 1000)
const root = makeAuthority('root')
const between = makeAuthority('between', { issuer: root })
const leaf = makeCertificate({ subject: 'leaf', issuer: root })
const deeper = makeCertificate({ subject: 'deeper', issuer: between })

const isTrusted = (bundle: readonly MadeCertificate[], chain: readonly MadeCertificate[], at = now): boolean => {
  const [first, ...others] = chain.map(({ raw }) => raw)
  assert.ok(first)
  return createChainValidator(bundle.map(({ cert }) => cert).join('\n'))(first, others, at)
}

test('RFC 5280 §6.1: a chain to a root that is trusted, what is between sent by the client or in the bundle', () => {
  assert.ok(isTrusted([root], [leaf]))
  assert.ok(isTrusted([root], [deeper, between]))
  assert.ok(isTrusted([root, between], [deeper]))
  assert.ok(isTrusted([makeAuthority('another'), root], [deeper, makeAuthority('noise'), between]))
  assert.ok(!isTrusted([root], [deeper]), 'nothing leads from it to the root')
})

test('RFC 5280 §6.1: what a chain must not be made of', () => {
  const day = 86_400
  const constrained = { id: '2.5.29.30', critical: false, value: der(0x30) }
  const unknown = { id: '1.3.6.1.4.1.99999.2', critical: true, value: der(0x05) }
  const bad: Readonly<Record<string, readonly MadeCertificate[]>> = {
    'A5: signed by itself': [makeCertificate({ subject: 'leaf' })],
    'A5: the root’s name and another key': [makeCertificate({ subject: 'leaf', issuer: makeAuthority('root') })],
    'A5: the forger’s root sent along': [
      makeCertificate({ subject: 'l', issuer: makeAuthority('root') }),
      makeAuthority('root'),
    ],
    'A5: a good certificate as an extra one': [makeCertificate({ subject: 'leaf' }), leaf, root],
    'A5: issued by a client, leaf as authority': [makeCertificate({ subject: 'forged', issuer: leaf }), leaf],
    'a leaf over SHA-1': [makeCertificate({ subject: 'leaf', issuer: root, digest: 'sha1' })],
    'an authority over SHA-1': chainOver({ digest: 'sha1' }),
    'an authority that may not sign certificates': chainOver({ keyUsage: 0x80 }),
    'an authority that has expired': chainOver({ validity: [now - 2 * day, now - day] }),
    'an authority that is not valid yet': chainOver({ validity: [now + day, now + 2 * day] }),
    'an authority for servers': chainOver({ purposes: ['1.3.6.1.5.5.7.3.1'] }),
    'an authority that restricts names': chainOver({ extensions: [constrained] }),
    'an authority with what nobody understands': chainOver({ extensions: [unknown] }),
    'a leaf with what nobody understands': [makeCertificate({ subject: 'leaf', issuer: root, extensions: [unknown] })],
    'two authorities below one that allows none': twoBelow(0),
  }
  for (const [title, chain] of Object.entries(bad)) assert.ok(!isTrusted([root], chain), title)
  assert.ok(isTrusted([root], chainOver({ purposes: [clientAuthPurpose] })))
  assert.ok(isTrusted([root], twoBelow(1)))
  const old = makeAuthority('old', { digest: 'sha1' })
  assert.ok(isTrusted([old], [makeCertificate({ subject: 'leaf', issuer: old })]), 'a root is trusted, not verified')
  assert.ok(!isTrusted([root], [leaf], now + 3 * day), 'the root has expired')
})

const chainOver = (rest: Parameters<typeof makeAuthority>[1]) => {
  const issuer = makeAuthority('odd', { issuer: root, ...rest })
  return [makeCertificate({ subject: 'leaf', issuer }), issuer]
}

const twoBelow = (pathLength: number) => {
  const upper = makeAuthority('upper', { issuer: root, pathLength })
  const lower = makeAuthority('lower', { issuer: upper })
  return [makeCertificate({ subject: 'leaf', issuer: lower }), lower, upper]
}

test('A7: nothing is verified with a key that is too short, or that takes long to verify with', () => {
  const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey
  const signedBy = (privateKey: KeyObject) => {
    const issuer = makeAuthority('rsa', { issuer: root, privateKey })
    return [makeCertificate({ subject: 'leaf', issuer }), issuer]
  }
  assert.ok(isTrusted([root], signedBy(rsa(2_048))))
  assert.ok(!isTrusted([root], signedBy(rsa(1_024))))
  assert.ok(isTrusted([root], signedBy(withExponent(rsa(2_048), 0xffff_fffbn))))
  assert.ok(!isTrusted([root], signedBy(withExponent(rsa(2_048), 0x1_0000_000fn))))
})

/** The same primes with another exponent, which must be a prime. */
const withExponent = (key: KeyObject, exponent: bigint): KeyObject => {
  const { kty, n, p, q, qi } = key.export({ format: 'jwk' })
  const numberOf = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
  const encode = (number: bigint) => {
    const hex = number.toString(16)
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
  }
  const [one, other] = [numberOf(p) - 1n, numberOf(q) - 1n]
  const order = one * other
  // Fermat: order ^ (exponent - 2) is its inverse, and the exponent divides (exponent - inverse) × order + 1
  let inverse = 1n
  let square = order % exponent
  for (let power = exponent - 2n; power > 0n; power >>= 1n) {
    if (power % 2n === 1n) inverse = (inverse * square) % exponent
    square = (square * square) % exponent
  }
  const d = ((exponent - inverse) * order + 1n) / exponent
  const jwk = { kty, n, p, q, qi, e: encode(exponent), d: encode(d), dp: encode(d % one), dq: encode(d % other) }
  return createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
}

test('a bundle without a root, or with something else in it, is refused; a chain without end is not followed', () => {
  assert.throws(() => createChainValidator(''), /no certificate of a root authority/)
  assert.throws(() => createChainValidator(between.cert), /no certificate of a root authority/)
  assert.throws(() => createChainValidator(root.cert.replace('\nMI', '\nAA')), /cannot be read/)
  // a file that is being written
  assert.throws(() => createChainValidator(`${root.cert}${between.cert.slice(0, -30)}`), /cannot be read/)
  let issuer = root
  const chain: MadeCertificate[] = []
  for (let depth = 0; depth < 8; depth++) {
    issuer = makeAuthority(`level ${depth}`, { issuer })
    chain.unshift(issuer)
  }
  assert.ok(!isTrusted([root], [makeCertificate({ subject: 'leaf', issuer }), ...chain]))
  // authorities that vouch for each other in a ring, each of which could be below each
  const ring = [1, 2, 3, 4, 5].map(() =>
    makeAuthority('ring', { privateKey: root.privateKey, issuer: makeAuthority('ring') }),
  )
  assert.ok(!isTrusted([makeAuthority('r')], [makeCertificate({ subject: 'l', issuer: ring[0] ?? root }), ...ring]))
})
