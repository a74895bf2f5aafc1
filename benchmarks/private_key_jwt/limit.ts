/**
 * The limit: the least a Node server can do and still issue a token for a client assertion. It verifies the assertion,
 * claims it durably together with all that came meanwhile, and signs. Argument: the client's public JWK.
 */
import { createPublicKey, hash, verify } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { createClaims } from '../dpop/claims.ts'
import { createBareIssuer } from '../servers/bare_issuer.ts'
import { basic, clientId, clientSecret } from '../servers/request.ts'
import { serve } from '../servers/serving.ts'

const { answer, jwk } = createBareIssuer('der')
const key = createPublicKey({ key: JSON.parse(process.argv[2] ?? '{}'), format: 'jwk' })
const claim = createClaims()
process.once('SIGTERM', () => process.exit())

/** The issuer made for the other limit wants a secret; what it costs, some 2 µs, is the limit's to bear. */
const authorization = basic(clientId, clientSecret)

const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())

const readAssertion = (assertion: string) => {
  const [header = '', payload = '', signature = ''] = assertion.split('.')
  if (decode(header).alg !== 'ES256') return undefined
  const { iss, sub, aud, exp, jti } = decode(payload)
  const input = Buffer.from(`${header}.${payload}`)
  if (!verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
    return undefined
  const isRight = iss === clientId && sub === clientId && typeof aud === 'string' && exp > Date.now() / 1000
  return isRight ? { entry: hash('sha256', `${iss}.${jti}`, 'base64url'), expiresAt: exp + 10 } : undefined
}

const send = (response: ServerResponse, status: number, body: string): void => {
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store']
  response.writeHead(status, [...headers, 'content-length', String(body.length)])
  response.end(body, 'latin1')
}

const server = createServer((request, response) => {
  let form = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    form += chunk
  })
  request.on('end', () => {
    const refuse = () => send(response, 401, '{"error":"invalid_client"}')
    const assertion = readAssertion(new URLSearchParams(form).get('client_assertion') ?? '')
    if (assertion === undefined) return refuse()
    const issue = () => {
      const { status, body } = answer(authorization, form)
      send(response, status, body)
    }
    claim({ ...assertion, done: (isNew) => (isNew ? issue() : refuse()) })
  })
})

serve(server, '/oauth/token', jwk)
