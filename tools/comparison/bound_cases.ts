/** Tokens that are bound to a key or a certificate: case V11, with every check of RFC 9449 §4.3 and of RFC 8705 §3. */
import { createHash } from 'node:crypto'
import type { TestIssuer } from '../../packages/jwt/src/testing/test_issuer.ts'
import type { Case } from './cases.ts'
import type { AskedRequest, Feature, Verifier } from './contender.ts'
import { createProofKey, type ProofKey, type ProofOptions } from './proof.ts'
import { createIssuer } from './token_cases.ts'

const method = 'GET'
const url = 'https://orders.example.com/orders'
const elsewhere = 'https://attacker.example.com/orders'

interface Setting {
  readonly issuer: TestIssuer
  readonly key: ProofKey
  readonly other: ProofKey
  /** Bound to `key`. */
  readonly token: string
}

export const createBoundCases = async (): Promise<readonly Case[]> => {
  const [issuer, key, other] = await Promise.all([createIssuer(), createProofKey(), createProofKey()])
  const setting = { issuer, key, other, token: issuer.sign({ cnf: { jkt: key.thumbprint } }) }
  return [...goodProofs(setting), ...badProofs(setting), ...badRequests(setting), ...certificates(setting)]
}

const createCase = (setting: Setting, asked: Omit<Case, 'keys' | 'needs'> & { needs?: Feature }): Case => ({
  keys: [setting.issuer.jwk],
  needs: 'proofs',
  ...asked,
})

/** A request with the token and a proof for it, right but for what is given. */
const provenRequest = ({ key, token }: Setting, wrong: ProofOptions = {}): AskedRequest => ({
  method,
  url,
  headers: { authorization: `DPoP ${token}`, dpop: key.prove({ token, method, url }, wrong) },
  token,
})

const goodProofs = (setting: Setting): readonly Case[] => {
  const good = (name: string, why: string, ask: (verifier: Verifier) => Promise<void>): Case =>
    createCase(setting, { name: `good: ${name}`, must: 'accept', why, ask })
  return [
    good('DPoP, token and proof', 'RFC 9449 §7.1', (verifier) => verifier.verify(provenRequest(setting))),
    good('DPoP, the same token twice, a proof each', 'A client makes a proof per request', async (verifier) => {
      await verifier.verify(provenRequest(setting))
      await verifier.verify(provenRequest(setting))
    }),
    good('DPoP, htu without the query of the request', 'RFC 9449 §4.2: without query and fragment', (verifier) =>
      verifier.verify({ ...provenRequest(setting), url: `${url}?page=2` }),
    ),
    good(
      'DPoP, htu with the default port and letters in the other case',
      'RFC 9449 §4.3: compared normalized',
      (verifier) =>
        verifier.verify(provenRequest(setting, { claims: { htu: 'HTTPS://ORDERS.example.com:443/orders' } })),
    ),
    good('DPoP, the scheme in lower case', 'RFC 9110 §11.1: schemes ignore case', (verifier) => {
      const request = provenRequest(setting)
      const authorization = `dpop ${setting.token}`
      return verifier.verify({ ...request, headers: { ...request.headers, authorization } })
    }),
  ]
}

const badProofs = (setting: Setting): readonly Case[] => {
  const { key, other, token } = setting
  const now = Math.floor(Date.now() / 1000)
  const { kty, crv, x, y } = key.jwk
  const wrong: Readonly<Record<string, readonly [ProofOptions, string]>> = {
    'ath of another token': [{ claims: { ath: 'AAAA' } }, 'RFC 9449 §4.3, 12: a proof is for one token'],
    'no ath': [{ claims: { ath: undefined } }, 'RFC 9449 §7.1: required where a token is presented'],
    'htm of another method': [{ claims: { htm: 'POST' } }, 'RFC 9449 §4.3, 8: a proof is for one method'],
    'htm in lower case': [{ claims: { htm: 'get' } }, 'RFC 9110 §9.1: methods are case-sensitive'],
    'htu of another path': [{ claims: { htu: `${url}/7` } }, 'RFC 9449 §4.3, 9: a proof is for one URI'],
    'htu of another host': [
      { claims: { htu: elsewhere } },
      'RFC 9449 §4.3, 9: a proof made for one API must not serve at another',
    ],
    'no jti': [{ claims: { jti: undefined } }, 'RFC 9449 §4.2: required'],
    'jti empty': [{ claims: { jti: '' } }, 'Every proof would have the same id'],
    'iat ten minutes ago': [{ claims: { iat: now - 600 } }, 'RFC 9449 §4.3, 11: within a short time'],
    'iat ten minutes ahead': [{ claims: { iat: now + 600 } }, 'RFC 9449 §11.1: proofs made in advance'],
    'no iat': [{ claims: { iat: undefined } }, 'RFC 9449 §4.2: required'],
    'typ JWT': [{ header: { typ: 'JWT' } }, 'RFC 9449 §4.3, 4: dpop+jwt, or any JWT of the client would do'],
    'alg none': [{ header: { alg: 'none' } }, 'RFC 9449 §4.3, 5: an asymmetric algorithm'],
    'signed by another key': [{ signedBy: other }, 'RFC 9449 §4.3, 6: by the key in its header'],
    'of another key': [
      { header: { jwk: other.jwk }, signedBy: other },
      'RFC 9449 §4.3, 12: by the key that the token is bound to',
    ],
    'no jwk': [{ header: { jwk: undefined } }, 'RFC 9449 §4.2: required'],
    'private key in jwk': [
      { header: { jwk: key.privateJwk() } },
      'RFC 9449 §4.3, 7: whoever sees the proof has the key',
    ],
    crit: [{ header: { crit: ['x-unknown'], 'x-unknown': 1 } }, 'RFC 7515 §4.1.11: what must be understood and is not'],
    'b64 false': [{ header: { b64: false } }, 'RFC 7797 §6: without crit the two sides read different payloads'],
    'key with key_ops sign': [
      { header: { jwk: { kty, crv, x, y, key_ops: ['sign'] } } },
      'RFC 7517 §4.3: it says of itself that it does not verify',
    ],
  }
  const bad = Object.entries(wrong).map(([name, [options, why]]) =>
    createCase(setting, {
      name: `V11: DPoP proof, ${name}`,
      must: 'refuse',
      why,
      ask: (verifier) => verifier.verify(provenRequest(setting, options)),
    }),
  )
  const replayed = createCase(setting, {
    name: 'V11: DPoP proof, the same twice',
    must: 'refuse',
    why: 'RFC 9449 §11.1: whoever copies a request must not be able to send it again',
    needs: 'proof replay',
    ask: async (verifier) => {
      const dpop = key.prove({ token, method, url })
      const request = { ...provenRequest(setting), headers: { authorization: `DPoP ${token}`, dpop } }
      await verifier.verify(request).catch(() => {
        throw new Error('the first one was refused')
      })
      await verifier.verify(request)
    },
  })
  return [...bad, replayed]
}

const badRequests = (setting: Setting): readonly Case[] => {
  const { key, token, issuer } = setting
  const dpop = () => key.prove({ token, method, url })
  const laundered = () => key.prove({ token, method, url: elsewhere })
  const unbound = issuer.sign()
  const several = issuer.sign({ cnf: { jkt: key.thumbprint, unknown: 'x' } })
  const numeric = issuer.sign({ cnf: { jkt: 5 } })
  const wrong: Readonly<Record<string, readonly [Partial<AskedRequest>, string]>> = {
    'no proof': [{ headers: { authorization: `DPoP ${token}` } }, 'RFC 9449 §4.3, 1: exactly one DPoP header'],
    'two proofs': [
      { headers: { authorization: `DPoP ${token}`, dpop: [dpop(), dpop()] } },
      'RFC 9449 §4.3, 1: two readers would check different ones',
    ],
    'sent as Bearer, with its proof': [
      { headers: { authorization: `Bearer ${token}`, dpop: dpop() } },
      'RFC 9449 §7.2: must not be accepted as a bearer token',
    ],
    'unbound token with the scheme DPoP': [
      {
        headers: { authorization: `DPoP ${unbound}`, dpop: key.prove({ token: unbound, method, url }) },
        token: unbound,
      },
      'RFC 9449 §7.1: the thief of a bearer token brings a key of his own',
    ],
    'cnf with a second member that is unknown': [
      {
        headers: { authorization: `DPoP ${several}`, dpop: key.prove({ token: several, method, url }) },
        token: several,
      },
      'It is bound by something that nobody here could check',
    ],
    'cnf whose jkt is a number': [
      {
        headers: { authorization: `DPoP ${numeric}`, dpop: key.prove({ token: numeric, method, url }) },
        token: numeric,
      },
      'RFC 9449 §6.1: a thumbprint',
    ],
    'proof for another host, with X-Forwarded-Host of it': [
      {
        headers: {
          authorization: `DPoP ${token}`,
          dpop: laundered(),
          'x-forwarded-host': 'attacker.example.com',
          'x-forwarded-proto': 'https',
          forwarded: 'host=attacker.example.com;proto=https',
        },
      },
      'RFC 9449 §4.3, 9: headers that the caller writes must not choose what htu is compared with',
    ],
  }
  return Object.entries(wrong).map(([name, [request, why]]) =>
    createCase(setting, {
      name: `V11: DPoP, ${name}`,
      must: 'refuse',
      why,
      ask: (verifier) => verifier.verify({ method, url, headers: {}, token, ...request }),
    }),
  )
}

const certificates = (setting: Setting): readonly Case[] => {
  const { issuer } = setting
  const certificate = Buffer.from('the certificate of the client, in DER')
  const stolen = Buffer.from('the certificate of somebody else, in DER')
  const x5t = createHash('sha256').update(certificate).digest('base64url')
  const token = issuer.sign({ cnf: { 'x5t#S256': x5t } })
  const request = { method, url, headers: { authorization: `Bearer ${token}` }, token }
  return [
    createCase(setting, {
      name: 'good: mutual TLS, token and certificate',
      must: 'accept',
      why: 'RFC 8705 §3',
      needs: 'certificates',
      ask: (verifier) => verifier.verify({ ...request, certificate }),
    }),
    createCase(setting, {
      name: 'V11: mutual TLS, another certificate',
      must: 'refuse',
      why: 'RFC 8705 §3: the certificate must be the one that the token is bound to',
      needs: 'certificates',
      ask: (verifier) => verifier.verify({ ...request, certificate: stolen }),
    }),
    createCase(setting, {
      name: 'V11: mutual TLS, the certificate in a header that anybody can write',
      must: 'refuse',
      why: 'RFC 9440 §4: only a proxy that is trusted may say what certificate there was',
      needs: 'certificates',
      ask: (verifier) =>
        verifier.verify({
          ...request,
          headers: { ...request.headers, 'client-cert': `:${certificate.toString('base64')}:` },
        }),
    }),
  ]
}
