import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rejectsWith } from '../testing/expect.ts'
import { startServer, tokenBody } from '../testing/fake_server.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'
import { tlsClientAuth } from './tls_client_auth.ts'

/** Metadata with this alias, and who was asked for a token. */
const start = (alias: (url: string) => unknown) =>
  startServer(({ path, headers }) => {
    const url = `http://${headers.host}`
    if (!path.startsWith('/.well-known')) return { body: tokenBody('a') }
    const mtls_endpoint_aliases = { token_endpoint: alias(url) }
    return { body: { issuer: url, token_endpoint: `${url}/token`, mtls_endpoint_aliases } }
  })

const certified: typeof fetch = (input, init) => fetch(input, init)

describe('tls_client_auth', () => {
  it('RFC 8705 §2, §5: client_id in the body and no secret, at the alias, by the fetch that has the certificate', async () => {
    await using server = await start((url) => `${url}/mtls/token`)
    const sent: string[] = []
    const auth = tlsClientAuth({
      fetch: (input, init) => {
        sent.push(String(input))
        return fetch(input, init)
      },
    })
    await createTokenManager({ issuer: server.url, clientId: 'job', auth }).getToken()
    assert.equal(server.received.at(-1)?.body, 'grant_type=client_credentials&client_id=job')
    assert.deepEqual(sent.at(-1), `${server.url}/mtls/token`)
    await createTokenManager({ issuer: server.url, clientId: 'job', clientSecret: 's' }).getToken()
    assert.equal(server.received.at(-1)?.path, '/token', 'the alias is for those who have a certificate')
  })

  it('C1: an alias on another origin, or one that is no URL, is not used', async () => {
    const auth = tlsClientAuth({ fetch: certified })
    await using elsewhere = await start(() => 'https://mtls.example.com/token')
    const ask = (issuer: string) => createTokenManager({ issuer, clientId: 'job', auth }).getToken()
    const { message } = await rejectsWith(ask(elsewhere.url), 'untrusted_endpoint')
    assert.match(message, /give it as tokenEndpoint/)
    await using broken = await start(() => 'mtls')
    await rejectsWith(ask(broken.url), 'malformed_response')
  })

  it('invalid_configuration: another fetch beside it, which would have no certificate', () => {
    const options = { issuer: 'https://as.example.com', clientId: 'a', auth: tlsClientAuth({ fetch: certified }) }
    assert.throws(
      () => createTokenManager({ ...options, fetch: certified }),
      (error) => error instanceof TokenError && error.code === 'invalid_configuration',
    )
  })
})
