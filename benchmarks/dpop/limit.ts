/**
 * The limit: the least a Node server can do and still issue a token for a DPoP proof. It verifies the proof, claims it
 * together with others, and signs. Argument: whether it imports the key of each proof (import) or keeps those it has seen (keep).
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { createBareIssuer } from '../servers/bare_issuer.ts'
import { serve } from '../servers/serving.ts'
import { createClaims } from './claims.ts'

const keepsKeys = process.argv[2] === 'keep'
const { answer, jwk } = createBareIssuer('der')

const claim = createClaims()
process.once('SIGTERM', () => process.exit())

interface Proof {
  readonly entry: string
  readonly expiresAt: number
}

interface Key {
  readonly key: KeyObject
  readonly jkt: string
}

const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())

const importKey = (header: string): Key => {
  const { crv, kty, x, y } = decode(header).jwk
  const key = createPublicKey({ key: { crv, kty, x, y }, format: 'jwk' })
  return { key, jkt: hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url') }
}

const kept = new Map<string, Key>()
const keyOf = (header: string): Key => {
  const known = kept.get(header)
  if (known !== undefined) return known
  const read = importKey(header)
  if (keepsKeys) kept.set(header, read)
  return read
}

const readProof = (proof: string): Proof | undefined => {
  const [header = '', payload = '', signature = ''] = proof.split('.')
  const { key, jkt } = keyOf(header)
  const { jti, iat, htm, htu } = decode(payload)
  const input = Buffer.from(`${header}.${payload}`)
  const isSigned = verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  const isFresh = Math.abs(Date.now() / 1000 - iat) < 60 && htm === 'POST' && htu.endsWith('/oauth/token')
  return isSigned && isFresh ? { entry: hash('sha256', `${jkt}.${jti}`, 'base64url'), expiresAt: iat + 60 } : undefined
}

const send = (response: ServerResponse, status: number, body: string): void => {
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store']
  response.writeHead(status, [...headers, 'content-length', String(body.length)])
  response.end(body, 'latin1')
}

const server = createServer((request, response) => {
  const { authorization, dpop } = request.headers
  let form = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    form += chunk
  })
  request.on('end', () => {
    const proof = readProof(String(dpop))
    const refuse = () => send(response, 400, '{"error":"invalid_dpop_proof"}')
    if (proof === undefined) refuse()
    else {
      const issue = () => {
        const { status, body } = answer(authorization, form)
        send(response, status, body)
      }
      claim({ ...proof, done: (isNew) => (isNew ? issue() : refuse()) })
    }
  })
})

serve(server, '/oauth/token', jwk)
