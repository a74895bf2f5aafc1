/** The issuer of this benchmark: its metadata and keys over HTTP, and one token, for a hot one is what an API sees most. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSigner, encodeHeader, generateSigningKeyPair, publicJwk, signCompact } from '@credence/jwt'
import { algorithm, audience, scope } from './guarded.ts'

const kid = 'benchmark-key-2026'
const lifetimeSeconds = 86_400

export const startIssuer = async () => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const keys = [publicJwk(publicKey, { algorithm, kid })]
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/keys') return response.end(JSON.stringify({ keys }))
    if (request.url === '/pem') return response.end(JSON.stringify({ pem }))
    return response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signer = createSigner({ privateKey, algorithm, kid })
  const iat = Math.floor(Date.now() / 1000)
  const client = 'report-generator'
  const token = await signCompact(signer, encodeHeader({ alg: algorithm, typ: 'at+jwt', kid }), {
    ...{ iss: issuer, sub: client, client_id: client, aud: audience, scope: `${scope} orders:write` },
    ...{
      iat,
      exp: iat + lifetimeSeconds,
      jti: 'f1d2b7c0a94e4d8b9c31',
      credential_id: 'cred_0r8s1k2m3n4p5q6r7s8t9v0w1x',
    },
  })
  return {
    issuer,
    token,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
