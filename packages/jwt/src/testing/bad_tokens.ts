/** Tokens that must be refused, each by one fault, for comparing with what other verifiers make of them. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { maxTokenLength } from '../compact_jws.ts'
import { audience, createTestIssuer, encode, issuer, type TestIssuer } from './test_issuer.ts'

export interface BadToken {
  /** The id of the case it belongs to, and what is wrong. */
  readonly name: string
  readonly token: string
  /** The key set it is verified against. */
  readonly keys: readonly unknown[]
}

interface Issuers {
  readonly es256: TestIssuer
  readonly rs256: TestIssuer
  readonly attacker: TestIssuer
}

type Cases = Readonly<Record<string, string | readonly [token: string, keys: readonly unknown[]]>>

export const createBadTokens = async (es256: TestIssuer): Promise<readonly BadToken[]> => {
  const [rs256, attacker] = await Promise.all([
    createTestIssuer('RS256', es256.clock),
    createTestIssuer('ES256', es256.clock),
  ])
  const issuers = { es256, rs256, attacker }
  const all = {
    ...algorithmCases(issuers),
    ...headerCases(issuers),
    ...keyCases(issuers),
    ...encodingCases(es256),
    ...claimCases(es256),
  }
  return Object.entries(all).map(([name, given]) => {
    const [token, keys] = typeof given === 'string' ? [given, [es256.jwk]] : given
    return { name, token, keys }
  })
}

const algorithmCases = ({ es256, rs256 }: Issuers): Cases => {
  const payload = encode(JSON.stringify(es256.claims))
  const unsigned = (alg: string) => `${encode(JSON.stringify({ ...es256.header, alg }))}.${payload}.`
  const hmac = (key: string) => {
    const input = `${encode(JSON.stringify({ ...es256.header, alg: 'HS256' }))}.${payload}`
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }
  const pem = es256.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const [header, , signature = ''] = es256.sign().split('.')
  const input = `${header}.${payload}`
  return {
    'V1: alg none': unsigned('none'),
    'V1: alg nOnE': unsigned('nOnE'),
    'V1: HS256 keyed with the public PEM': hmac(pem),
    'V1: HS256 keyed with the public PEM after white space': hmac(`\n ${pem}`),
    'V1: HS256 keyed with the public JWK': hmac(JSON.stringify(es256.jwk)),
    'V1: HS256 with an empty key': hmac(''),
    'V1: no signature': `${input}.`,
    'V1: a signature of zeros': `${input}.${encode(Buffer.alloc(64))}`,
    'V1: the signature in DER': `${input}.${encode(sign('sha256', Buffer.from(input), es256.privateKey))}`,
    'V1: the signature of another token': `${es256.sign({ jti: 'other' }).split('.').slice(0, 2).join('.')}.${signature}`,
    'V1: PS256 with a key for RS256': [pssSigned(rs256), [rs256.jwk]],
  }
}

const pssSigned = (rs256: TestIssuer): string => {
  const input = rs256.sign({}, { alg: 'PS256' }).split('.').slice(0, 2).join('.')
  return `${input}.${encode(sign('sha256', Buffer.from(input), { key: rs256.privateKey, padding: 6, saltLength: 32 }))}`
}

const headerCases = ({ es256, attacker }: Issuers): Cases => ({
  'V2: signed with the key in jwk': attacker.sign({}, { jwk: attacker.jwk }),
  'V2: signed with a key behind jku': attacker.sign({}, { jku: 'https://attacker.example.com/keys', kid: 'attacker' }),
  'V2: signed with a key behind x5u': attacker.sign({}, { x5u: 'https://attacker.example.com/cert', kid: 'attacker' }),
  'V2: signed with a key in x5c': attacker.sign({}, { x5c: ['MIIB'], kid: undefined }),
  'V3: kid is a number': es256.sign({}, { kid: 1 }),
  'V3: kid is __proto__': es256.sign({}, { kid: '__proto__' }),
  'V3: kid of no key': es256.sign({}, { kid: 'other' }),
  'V4: crit unknown': es256.sign({}, { crit: ['x-unknown'], 'x-unknown': 1 }),
  'V4: crit empty': es256.sign({}, { crit: [] }),
  'V4: crit not an array': es256.sign({}, { crit: 'exp' }),
  'V4: b64 false without crit': es256.sign({}, { b64: false }),
  'V4: b64 true in crit': es256.sign({}, { b64: true, crit: ['b64'] }),
  'V5: typ absent': es256.sign({}, { typ: undefined }),
  'V5: typ JWT': es256.sign({}, { typ: 'JWT' }),
  'V5: typ application/application/at+jwt': es256.sign({}, { typ: 'application/application/at+jwt' }),
})

const keyCases = ({ es256, rs256 }: Issuers): Cases => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const input = rs256.sign().split('.').slice(0, 2).join('.')
  const smallJwk = { ...small.publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' }
  const { use: _, ...withoutUse } = es256.jwk
  const token = es256.sign()
  return {
    'V3: RSA key of 1024 bits': [
      `${input}.${encode(sign('sha256', Buffer.from(input), small.privateKey))}`,
      [smallJwk],
    ],
    'V3: key with key_ops sign': [token, [{ ...withoutUse, key_ops: ['sign'] }]],
    'V3: key with use enc': [token, [{ ...es256.jwk, use: 'enc' }]],
    'V3: key whose alg does not fit its type': [token, [{ ...es256.jwk, alg: 'RS256' }]],
    'V3: private key in the set': [token, [{ ...es256.jwk, ...es256.privateKey.export({ format: 'jwk' }) }]],
    'K3: two keys with one kid': [token, [es256.jwk, { ...rs256.jwk, kid: es256.kid }]],
    'K3: one key twice': [token, [es256.jwk, es256.jwk]],
    'V7: key with padded coordinates': [token, [{ ...es256.jwk, x: `${'x' in es256.jwk ? es256.jwk.x : ''}=` }]],
  }
}

const encodingCases = (es256: TestIssuer): Cases => {
  const headerText = JSON.stringify(es256.header)
  const text = JSON.stringify(es256.claims)
  const token = es256.sign()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const invalidUtf8 = Buffer.concat([
    Buffer.from(text.slice(0, -1)),
    Buffer.from(',"x":"'),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ])
  // a payload of 3n + 1 bytes, whose last character has four bits to spare
  const withSpareBits = JSON.stringify({ ...es256.claims, fill: 'x'.repeat((9 - (text.length % 3)) % 3) })
  const spare = encode(withSpareBits.padEnd(withSpareBits.length + ((4 - (withSpareBits.length % 3)) % 3)))
  const nested = `${'['.repeat(5000)}${']'.repeat(5000)}`
  return {
    'V6: alg twice in the header': es256.signText(headerText.replace('{', '{"alg":"none",'), text),
    'V6: sub twice': es256.signText(headerText, text.replace('{', '{"sub":"admin",')),
    'V6: sub twice, once escaped': es256.signText(headerText, text.replace('{', '{"\\u0073ub":"admin",')),
    'V6: a nested member twice': es256.signText(headerText, text.replace('{', '{"act":{"sub":"a","sub":"b"},')),
    'V7: set trailing bits in the signature': `${header}.${payload}.${setTrailingBit(signature)}`,
    'V7: set trailing bits in the payload, signed so': es256.signParts(header, setTrailingBit(spare)),
    'V7: padding on the signature': `${token}==`,
    'V7: padding on the payload, signed so': es256.signParts(header, `${spare}==`),
    'V7: + and / in the signature': otherAlphabet(withUrlLetters(es256)),
    'V7: + and / in the payload, signed so': es256.signParts(
      header,
      otherAlphabet(encode(text.replace('{', '{"x":"??>>??>>~~~",'))),
    ),
    'V7: a space in the signature': `${header}.${payload}.${signature.slice(0, 9)} ${signature.slice(9)}`,
    'V7: a newline in the signature': `${header}.${payload}.${signature.slice(0, 9)}\n${signature.slice(9)}`,
    'V7: a newline in the payload, signed so': es256.signParts(header, `${payload.slice(0, 9)}\n${payload.slice(9)}`),
    'V8: invalid UTF-8': es256.signText(headerText, invalidUtf8),
    'V8: a byte order mark': es256.signText(headerText, `\ufeff${text}`),
    'V8: a __proto__ claim': es256.signText(headerText, text.replace('{', '{"__proto__":{"admin":true},')),
    'V8: more than 16 KB': es256.sign({ fill: 'x'.repeat(maxTokenLength) }),
    'V8: a million dots': '.'.repeat(1_000_000),
    'V8: nested 5,000 deep': es256.signText(headerText, text.replace('{', `{"x":${nested},`)),
    'V12: five parts': `${encode('{"alg":"dir","enc":"A256GCM"}')}..AAAA.AAAA.AAAA`,
    'V12: JSON serialisation': JSON.stringify({ protected: header, payload, signature }),
    'V12: payload that is an array': es256.signText(headerText, `[${text}]`),
  }
}

const claimCases = (es256: TestIssuer): Cases => {
  const headerText = JSON.stringify(es256.header)
  const now = es256.claims.iat
  const infinite = JSON.stringify(es256.claims).replace(/"exp":\d+/, '"exp":1e999')
  return {
    'V9: exp 1e999': es256.signText(headerText, infinite),
    'V9: exp as a string': es256.sign({ exp: String(now + 600) }),
    'V9: no exp': es256.sign({ exp: undefined }),
    'V9: expired': es256.sign({ exp: now - 60 }),
    'V9: no iat': es256.sign({ iat: undefined }),
    'V9: iat as a string': es256.sign({ iat: String(now) }),
    'V9: iat an hour ahead': es256.sign({ iat: now + 3600 }),
    'V9: nbf ahead': es256.sign({ nbf: now + 3600 }),
    'V9: nbf as a string': es256.sign({ nbf: String(now) }),
    'V10: no aud': es256.sign({ aud: undefined }),
    'V10: aud empty': es256.sign({ aud: '' }),
    'V10: aud an empty array': es256.sign({ aud: [] }),
    'V10: aud with a number beside ours': es256.sign({ aud: [audience, 5] }),
    'V10: aud with an empty string beside ours': es256.sign({ aud: [audience, ''] }),
    'V10: iss as an array': es256.sign({ iss: [issuer] }),
    'V10: iss with more after it': es256.sign({ iss: `${issuer}.attacker.com` }),
    'V10: iss with a trailing slash': es256.sign({ iss: `${issuer}/` }),
    'V10: no sub': es256.sign({ sub: undefined }),
    'V10: sub a number': es256.sign({ sub: 5 }),
    'V10: sub empty': es256.sign({ sub: '' }),
    'V10: client_id a number': es256.sign({ client_id: 5 }),
    'V10: no client_id': es256.sign({ client_id: undefined }),
    'V10: no jti': es256.sign({ jti: undefined }),
    'V10: jti a number': es256.sign({ jti: 5 }),
    'V10: scope an array': es256.sign({ scope: ['orders:read'] }),
    'V11: cnf jkt, sent as Bearer': es256.sign({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }),
    'V11: cnf x5t#S256, without a certificate': es256.sign({
      cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' },
    }),
    'V11: cnf with an unknown member': es256.sign({ cnf: { unknown: 'x' } }),
    'V11: cnf empty': es256.sign({ cnf: {} }),
    'V15: another issuer': es256.sign({ iss: 'https://auth.example.org' }),
    'V15: another API': es256.sign({ aud: 'https://invoices.example.com' }),
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Sets the last bit of the last character, which of 3n + 1 or 3n + 2 bytes belongs to none. */
const setTrailingBit = (text: string): string =>
  text.slice(0, -1) + (alphabet[alphabet.indexOf(text.slice(-1)) | 1] ?? '')

/** A token whose signature has a letter in which base64url differs from base64; nearly every one has. */
const withUrlLetters = (es256: TestIssuer): string => {
  for (let n = 0; n < 1000; n++) {
    const token = es256.sign({ jti: `token-${n}` })
    if (/[-_]/.test(token.slice(token.lastIndexOf('.')))) return token
  }
  throw new Error('no signature with - or _ in it')
}

const otherAlphabet = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/')
