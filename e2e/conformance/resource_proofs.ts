/** Proofs for a resource, each wrong in one way, and those that look wrong and are right. RFC 9449 §4.3. */
import { encode } from '../../packages/jwt/src/testing/test_issuer.ts'
import { now, type ProofKey } from './setting.ts'

type Prove = (claims?: object, header?: object) => string

export interface GoodProofMaterial {
  /** Right but for what is given. */
  readonly prove: Prove
  readonly url: string
}

export interface BadProofMaterial extends GoodProofMaterial {
  readonly key: ProofKey
}

const hour = 3600

/** Takes the signature of a proof away and puts another one there. */
const withSignature = (proof: string, signature: string): string => proof.replace(/[^.]*$/, signature)

const withHeader = (proof: string, header: object): string => proof.replace(/^[^.]*/, encode(JSON.stringify(header)))

export const badResourceProofs: Readonly<
  Record<string, (material: BadProofMaterial) => string | string[] | undefined>
> = {
  'no proof': () => undefined,
  'two proofs': ({ prove }) => [prove(), prove()],
  'not a JWT': ({ prove }) => prove().replace('.', ''),
  'no typ': ({ prove }) => prove({}, { typ: undefined }),
  'no alg': ({ prove }) => prove({}, { alg: undefined }),
  'no jwk': ({ prove }) => prove({}, { jwk: undefined }),
  'no jti': ({ prove }) => prove({ jti: undefined }),
  'no htm': ({ prove }) => prove({ htm: undefined }),
  'no htu': ({ prove }) => prove({ htu: undefined }),
  'no iat': ({ prove }) => prove({ iat: undefined }),
  'no ath': ({ prove }) => prove({ ath: undefined }),
  'another typ': ({ prove }) => prove({}, { typ: 'JWT' }),
  'signed with RS256': ({ prove }) => prove({}, { alg: 'RS256' }),
  'alg none': ({ prove, key }) => withHeader(withSignature(prove(), ''), { ...key.header, alg: 'none' }),
  'a wrong signature': ({ prove }) => withSignature(prove(), encode(Buffer.alloc(256))),
  'a private key in jwk': ({ prove, key }) => prove({}, { jwk: key.privateJwk }),
  'another htm': ({ prove }) => prove({ htm: 'PUT' }),
  'another htu': ({ prove, url }) => prove({ htu: `${url}/other` }),
  'iat an hour ahead': ({ prove }) => prove({ iat: now() + hour }),
  'iat an hour ago': ({ prove }) => prove({ iat: now() - hour }),
  'ath of another token': ({ prove }) => prove({ ath: encode(Buffer.alloc(32)) }),
}

export const goodResourceProofs: Readonly<Record<string, (material: GoodProofMaterial) => string>> = {
  'htu with query and fragment': ({ prove, url }) => prove({ htu: `${url}?page=1#top` }),
  'htu without the query of the request': ({ prove, url }) => prove({ htu: url }),
  'htu with the scheme in capitals': ({ prove, url }) => prove({ htu: url.replace('http:', 'HTTP:') }),
  'members that nobody knows': ({ prove }) => prove({ extra: 1 }, { extra: 1 }),
}
