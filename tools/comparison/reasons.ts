/** Why each bad token must be refused, by the beginning of its case's name; the longest that fits counts. */

const reasons: Readonly<Record<string, string>> = {
  'V1: alg n': 'RFC 8725 §3.2: whoever writes `none`, in any letter case, needs no key at all',
  'V1: HS256': 'RFC 8725 §2.1: the public key is known to everybody, so it must never serve as a shared secret',
  'V1: HS256 with an empty key': 'An empty secret is one that everybody knows',
  'V1: no signature': 'Nothing signed it',
  'V1: a signature of zeros': 'r and s of zero verified everything in one well-known flaw of 2022',
  'V1: the signature in DER': 'RFC 7518 §3.4 has r and s side by side; a second form is a second text for one token',
  'V1: the signature of another token': 'It signs other claims',
  'V1: PS256 with a key for RS256': 'RFC 8725 §3.1: a key serves the one algorithm that it states',
  'V2: ': 'RFC 8725 §3.10: keys come from the configured issuer; here the caller brings his own',
  'V3: kid is a number': 'RFC 7515 §4.1.4: a string',
  'V3: kid is __proto__': 'Looked up in a plain object, it finds something that is no key',
  'V3: kid of no key': 'No key of the issuer has that name; trying them all gives away which one would do',
  'V3: RSA key of 1024 bits': 'RFC 7518 §3.3: 2048 bits at least',
  'V3: key with key_ops sign': 'RFC 7517 §4.3: the issuer says that this key does not verify',
  'V3: key with use enc': 'RFC 7517 §4.2: the issuer says that this key does not sign',
  'V3: key whose alg does not fit its type': 'RFC 8725 §3.1: what is contradictory is not to be guessed about',
  'V3: private key in the set': 'A key that is published can be used by everybody to sign',
  'V4: crit unknown': 'RFC 7515 §4.1.11: what must be understood and is not makes the JWS invalid',
  'V4: crit empty': 'RFC 7515 §4.1.11: must not be empty',
  'V4: crit not an array': 'RFC 7515 §4.1.11: an array of names',
  'V4: b64 false without crit':
    'RFC 7797 §6 has `b64` listed in `crit`; without it issuer and verifier sign and read different payloads',
  'V4: b64 true in crit': 'Not understood here, so it may not be critical; an access token has no use for it',
  'V5: ': 'RFC 9068 §4: `at+jwt`; without it an ID token passes for an access token',
  'V6: alg twice in the header':
    'RFC 7515 §4: names are unique. Another reader takes the first and sees another algorithm',
  'V6: ': 'RFC 7519 §4: names are unique. A proxy that takes the first would see other claims',
  'V7: set trailing bits': 'RFC 4648 §3.5: one value, one encoding; otherwise one token has several texts',
  'V7: padding': 'RFC 7515 §2: with all trailing = omitted',
  'V7: + and /': 'RFC 7515 §2: the URL-safe alphabet and no other',
  'V7: a ': 'RFC 7515 §2: without line breaks, white space or other characters',
  'V7: key with padded coordinates': 'RFC 7518 §6.2.1.2: base64url without padding; one key has one form',
  'V8: invalid UTF-8': 'RFC 7519 §7.2: the payload is UTF-8. Replacement characters make different names equal',
  'V8: a byte order mark': 'RFC 8259 §8.1: must not be added; readers differ in what they make of it',
  'V8: a __proto__ claim': 'Copied by an application, it changes the prototype of its object',
  'V8: more than 16 KB': 'A limit bounds what anybody can make a server decode',
  'V8: a million dots': 'Split at each, it is a million strings',
  'V8: nested 5,000 deep': 'Recursion over it, here or in the application, ends the process',
  'V9: exp 1e999': 'Parses to Infinity: a token that never expires',
  'V9: exp as a string': 'RFC 7519 §2: a NumericDate is a number; strings compare otherwise',
  'V9: no exp': 'RFC 9068 §2.2: required; without it the token never expires',
  'V9: expired': 'RFC 7519 §4.1.4: on or after it the token must not be accepted',
  'V9: no iat': 'RFC 9068 §2.2: required; revoking all tokens from before a moment goes by it',
  'V9: iat as a string': 'RFC 7519 §4.1.6: a number',
  'V9: iat an hour ahead': 'One of the clocks is wrong, or the token was made up in advance',
  'V9: nbf ahead': 'RFC 7519 §4.1.5: before it the token must not be accepted',
  'V9: nbf as a string': 'RFC 7519 §4.1.5: a number',
  'V10: no aud': 'RFC 9068 §2.2: required; without it the token is good everywhere',
  'V10: aud': 'RFC 7519 §4.1.3: a string or strings; what is half right is a fault at the issuer',
  'V10: iss': 'RFC 9068 §4: exactly the issuer; what only begins like it is somebody else',
  'V10: no sub': 'RFC 9068 §2.2: required',
  'V10: sub a number': 'RFC 7519 §4.1.2: a string. A number compares otherwise in each language',
  'V10: sub empty': 'An empty subject matches the default of a forgotten field',
  'V10: client_id a number': 'RFC 8693 §4.3: a string',
  'V10: no client_id': 'RFC 9068 §2.2: required',
  'V10: no jti': 'RFC 9068 §2.2: required; revocation goes by it',
  'V10: jti a number': 'RFC 7519 §4.1.7: a string. Revocation goes by it',
  'V10: scope an array': 'RFC 8693 §4.2: a string; an application that calls `includes` on it is misled',
  'V11: cnf jkt, sent as Bearer': 'RFC 9449 §7.2: a bound token must not be accepted as a bearer token',
  'V11: cnf x5t#S256, without a certificate': 'RFC 8705 §3: the certificate must match; there is none',
  'V11: cnf with an unknown member': 'A binding that is not understood cannot be checked',
  'V11: cnf empty': 'It says that there is a binding, and not which',
  'V12: five parts': 'An encrypted token where a signed one is expected: anybody can encrypt',
  'V12: JSON serialisation': 'RFC 7519 §3: a JWT is in the compact serialisation',
  'V12: payload that is an array': 'RFC 7519 §7.2: the claims are an object',
  'V15: another issuer': 'It is no business of this API whom that issuer trusts',
  'V15: another API': 'RFC 9068 §4: a token stolen at another API must be worth nothing here',
  'K3: two keys with one kid': 'A name for two keys names none; type and order must not decide',
  'K3: one key twice': 'The same; the issuer is mending something',
}

/** @throws when a case has no reason: a row that nobody can explain does not belong into the table. */
export const reasonFor = (name: string): string => {
  const [longest] = Object.keys(reasons)
    .filter((beginning) => name.startsWith(beginning))
    .sort((a, b) => b.length - a.length)
  const reason = longest === undefined ? undefined : reasons[longest]
  if (reason === undefined) throw new Error(`no reason is given for ${name}`)
  return reason
}
