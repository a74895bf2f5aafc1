import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clientSecretBasic } from './client_auth/client_secret_basic.ts'
import type { TokenManagerOptions } from './configuration.ts'
import { TokenError, type TokenErrorCode } from './token_error.ts'
import { createTokenManager } from './token_manager.ts'

const good: TokenManagerOptions = { issuer: 'https://as.example.com', clientId: 'a', clientSecret: 'cs_canary' }

const refused = (change: Partial<TokenManagerOptions>, code: TokenErrorCode) =>
  assert.throws(
    () => createTokenManager({ ...good, ...change }),
    (error) => error instanceof TokenError && error.code === code && !error.message.includes('canary'),
  )

describe('createTokenManager', () => {
  it('takes https anywhere and http on this machine', () => {
    createTokenManager(good)
    for (const issuer of ['http://127.0.0.1:8400', 'http://localhost', 'http://[::1]:1'])
      createTokenManager({ ...good, issuer })
  })

  it('insecure_url: http elsewhere, unless it is allowed by name', () => {
    refused({ issuer: 'http://as.example.com' }, 'insecure_url')
    refused({ tokenEndpoint: 'http://as.example.com/token' }, 'insecure_url')
    createTokenManager({ ...good, issuer: 'http://as.example.com', allowInsecureRequests: true })
  })

  it('invalid_configuration: issuer, client id and token endpoint', () => {
    for (const issuer of ['', 'as.example.com', 'https://a?b', 'https://u:canary@a'])
      refused({ issuer }, 'invalid_configuration')
    refused({ clientId: '' }, 'invalid_configuration')
    for (const tokenEndpoint of ['', '/token', 'ftp://a', 'https://u:canary@a/token', 'https://a/token#b'])
      refused({ tokenEndpoint }, 'invalid_configuration')
  })

  it('invalid_configuration: exactly one of clientSecret and auth, and no empty secret', () => {
    refused({ clientSecret: undefined }, 'invalid_configuration')
    refused({ clientSecret: '' }, 'invalid_configuration')
    refused({ auth: clientSecretBasic('canary') }, 'invalid_configuration')
  })

  it('invalid_configuration: numbers out of range', () => {
    for (const timeoutMs of [0, -1, 1.5, Number.NaN, 1e9]) refused({ timeoutMs }, 'invalid_configuration')
    for (const maxAttempts of [0, 11, 1.5]) refused({ retry: { maxAttempts } }, 'invalid_configuration')
    refused({ expiryBufferSeconds: -1 }, 'invalid_configuration')
    refused({ maxCachedTokens: 0 }, 'invalid_configuration')
    for (const failures of [0, 1_001, 1.5]) refused({ breaker: { failures } }, 'invalid_configuration')
    for (const openMs of [99, 600_001]) refused({ breaker: { openMs } }, 'invalid_configuration')
  })

  it('invalid_configuration: allowedOrigins that are more or less than origins', () => {
    for (const origin of ['https://a/', 'https://a/b', 'HTTPS://a', 'https://*.a', 'a', 'null'])
      refused({ allowedOrigins: [origin] }, 'invalid_configuration')
    createTokenManager({ ...good, allowedOrigins: ['https://a', 'http://127.0.0.1:1'] })
  })

  it('a malformed default scope or target is found at once', () => {
    refused({ scope: 'a"b' }, 'invalid_scope')
    refused({ resource: 'no-uri' }, 'invalid_target')
  })
})
