/** Tokens that are right but for one fault each, by the case they stand for. */
import { createHmac, type KeyObject } from 'node:crypto'
import { createSigner, generateSigningKeyPair, publicJwk } from '@credence/jwt'
import { issuer, now, resource } from './test_issuer.ts'

const encode = (text: string | Buffer): string => Buffer.from(text).toString('base64url')

const kid = 'key-1'
const header = { alg: 'ES256', typ: 'at+jwt', kid }
const claims = {
  iss: issuer,
  sub: 'reporter',
  client_id: 'reporter',
  aud: resource,
  scope: 'orders:read',
  iat: now,
  exp: now + 600,
  jti: 'token-1',
}

/** An issuer that signs whatever text it is given, under any header. */
export const createHostileIssuer = async () => {
  const { privateKey, publicKey } = await generateSigningKeyPair('ES256')
  const signer = createSigner({ privateKey, algorithm: 'ES256', kid })
  const signParts = (encodedHeader: string, encodedPayload: string): string => {
    const input = `${encodedHeader}.${encodedPayload}`
    return `${input}.${signer.sign(input).toString('base64url')}`
  }
  const signText = (headerText: string, payload: string | Buffer): string =>
    signParts(encode(headerText), encode(payload))
  const sign = (wrongClaims: object = {}, wrongHeader: object = {}): string =>
    signText(JSON.stringify({ ...header, ...wrongHeader }), JSON.stringify({ ...claims, ...wrongClaims }))
  return { jwk: publicJwk(publicKey, { algorithm: 'ES256', kid }), publicKey, claims, signParts, signText, sign }
}

export type HostileIssuer = Awaited<ReturnType<typeof createHostileIssuer>>

/** By a title that begins with the id of its case. Every one of them must be refused with 401, or 400 where it is no b64token. */
export const hostileTokens = (from: HostileIssuer): Readonly<Record<string, string>> => ({
  ...algorithmCases(from),
  ...headerCases(from),
  ...encodingCases(from),
  ...claimCases(from),
})

const hmacToken = (secret: string | Buffer, alg: string): string => {
  const input = `${encode(JSON.stringify({ ...header, alg }))}.${encode(JSON.stringify(claims))}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const pemOf = (publicKey: KeyObject): string => publicKey.export({ format: 'pem', type: 'spki' }).toString()

const algorithmCases = ({ jwk, publicKey, sign }: HostileIssuer): Record<string, string> => {
  const payload = encode(JSON.stringify(claims))
  const unsigned = ['none', 'None', 'NONE', 'nOnE'].map((alg) => [
    `V1: alg ${alg}`,
    `${encode(JSON.stringify({ ...header, alg }))}.${payload}.`,
  ])
  return {
    ...Object.fromEntries(unsigned),
    'V1: alg none over a good signature': sign({}, { alg: 'none' }),
    'V1: HS256 keyed with the PEM': hmacToken(pemOf(publicKey), 'HS256'),
    'V1: HS256 keyed with the PEM after white space': hmacToken(` \n${pemOf(publicKey)}`, 'HS256'),
    'V1: HS256 keyed with the JWK': hmacToken(JSON.stringify(jwk), 'HS256'),
    'V1: HS256 keyed with nothing': hmacToken('', 'HS256'),
    'V1: an empty signature': sign().replace(/[^.]+$/, ''),
    'V1: an ES256 signature of zeros': sign().replace(/[^.]+$/, encode(Buffer.alloc(64))),
  }
}

const headerCases = ({ sign }: HostileIssuer): Record<string, string> => ({
  'V3: kid a number': sign({}, { kid: 5 }),
  'V3: kid __proto__': sign({}, { kid: '__proto__' }),
  'V3: kid null': sign({}, { kid: null }),
  'V4: crit names what nobody knows': sign({}, { crit: ['exp'], exp: 1 }),
  'V4: crit empty': sign({}, { crit: [] }),
  'V4: crit no array': sign({}, { crit: 'b64' }),
  'V4: b64 false alone': sign({}, { b64: false }),
  'V4: b64 false in crit': sign({}, { b64: false, crit: ['b64'] }),
  'V5: typ absent': sign({}, { typ: undefined }),
  'V5: typ JWT': sign({}, { typ: 'JWT' }),
  'V5: typ of an introspection answer': sign({}, { typ: 'token-introspection+jwt' }),
  'V5: typ of a DPoP proof': sign({}, { typ: 'dpop+jwt' }),
})

const encodingCases = ({ sign, signParts, signText }: HostileIssuer): Record<string, string> => {
  const headerText = JSON.stringify(header)
  const text = JSON.stringify(claims)
  const good = sign()
  const [first = '', payload = '', signature = ''] = good.split('.')
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
  return {
    'V6: alg twice': signText(headerText.replace('{', '{"alg":"none",'), text),
    'V6: sub twice': signText(headerText, text.replace('{', '{"sub":"admin",')),
    'V6: sub twice, once escaped': signText(headerText, text.replace('{', '{"\\u0073ub":"admin",')),
    'V6: a nested member twice': signText(headerText, text.replace('{', '{"act":{"sub":"a","sub":"b"},')),
    'V7: trailing bits set in the signature': `${first}.${payload}.${setTrailingBit(signature)}`,
    'V7: padding': `${good}==`,
    'V7: padding in a signed payload': signParts(first, `${encode(text.padEnd(Math.ceil(text.length / 3) * 3 + 1))}==`),
    'V7: the other alphabet, signed': signParts(
      first,
      encode(text.replace('{', '{"x":"??>>",')).replaceAll('_', '/').replaceAll('-', '+'),
    ),
    'V7: a newline in a signed payload': signParts(first, `${payload.slice(0, 9)}\n${payload.slice(9)}`),
    'V8: invalid UTF-8': signText(
      headerText,
      Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    ),
    'V8: a __proto__ claim': signText(headerText, text.replace('{', '{"__proto__":{"admin":true},')),
    'V8: more than 16 KB': sign({ fill: 'x'.repeat(16_384) }),
    'V8: a million dots': '.'.repeat(1_000_000),
    'V8: nested 5,000 deep': signText(headerText, text.replace('{', `{"x":${deep},`)),
    'V12: JWE, dir': `${encode('{"alg":"dir","enc":"A256GCM"}')}..AAAA.AAAA.AAAA`,
    'V12: JWE, RSA-OAEP': `${encode('{"alg":"RSA-OAEP-256","enc":"A256GCM","typ":"at+jwt"}')}.AAAA.AAAA.AAAA.AAAA`,
    'V12: alg dir over three parts': sign({}, { alg: 'dir', enc: 'A256GCM' }),
    'V12: cty JWT, a nested one as the payload': signParts(
      encode(JSON.stringify({ ...header, cty: 'JWT' })),
      encode(good),
    ),
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Sets the last bit of the last character, which of 64 bytes belongs to none. */
const setTrailingBit = (text: string): string =>
  text.slice(0, -1) + (alphabet[alphabet.indexOf(text.slice(-1)) | 1] ?? '')

const claimCases = ({ sign, signText }: HostileIssuer): Record<string, string> => {
  const infinite = JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e999')
  const wrong: Record<string, object> = {
    'V9: exp a string': { exp: String(now + 600) },
    'V9: no exp': { exp: undefined },
    'V9: expired': { exp: now - 60 },
    'V9: iat an hour ahead': { iat: now + 3600 },
    'V9: iat a string': { iat: String(now) },
    'V9: no iat': { iat: undefined },
    'V9: nbf ahead': { nbf: now + 3600 },
    'V10: no aud': { aud: undefined },
    'V10: aud empty': { aud: '' },
    'V10: aud an empty array': { aud: [] },
    'V10: aud with a number beside ours': { aud: [resource, 5] },
    'V10: aud in an array in an array': { aud: [[resource]] },
    'V10: iss an array': { iss: [issuer] },
    'V10: iss with more after it': { iss: `${issuer}.attacker.com` },
    'V10: iss a prefix': { iss: issuer.slice(0, -1) },
    'V10: iss with a slash at its end': { iss: `${issuer}/` },
    'V10: no iss': { iss: undefined },
    'V10: sub a number': { sub: 5 },
    'V10: no sub': { sub: undefined },
    'V10: scope an array': { scope: ['orders:read'] },
    'V10: scope null': { scope: null },
    'V10: client_id a number': { client_id: 5 },
    'V15: for another API': { aud: 'https://invoices.example.com' },
    'V15: of another issuer': { iss: 'https://auth.example.org' },
  }
  return {
    'V9: exp 1e999': signText(JSON.stringify(header), infinite),
    ...Object.fromEntries(Object.entries(wrong).map(([title, change]) => [title, sign(change)])),
  }
}
