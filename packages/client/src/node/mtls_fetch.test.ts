import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rejectsWith } from '../testing/expect.ts'
import { unavailable } from '../testing/unavailable.ts'
import { TokenError } from '../token_error.ts'
import { createMtlsFetch } from './mtls_fetch.ts'

describe('mutual TLS', () => {
  it('invalid_configuration: what is given as text and is no pair, without showing it', () => {
    for (const [cert, key] of [
      ['', 'canary'],
      ['canary', ''],
      ['canary', 'canary'],
    ] as const) {
      assert.throws(
        () => createMtlsFetch({ cert, key }),
        (error) =>
          error instanceof TokenError && error.code === 'invalid_configuration' && !/canary/.test(error.message),
      )
    }
  })

  it('files that are not there are named; http has no certificates', async () => {
    const mtlsFetch = createMtlsFetch({ cert: { file: '/nowhere/tls.crt' }, key: { file: '/nowhere/tls.key' } })
    await unavailable(mtlsFetch('https://127.0.0.1:1/'), /\/nowhere\/tls\.(crt|key) cannot be read/)
    await rejectsWith(mtlsFetch('http://127.0.0.1:1/'), 'insecure_url')
    await assert.rejects(mtlsFetch('https://127.0.0.1:1/', { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })
})
