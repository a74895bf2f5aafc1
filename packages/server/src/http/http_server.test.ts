import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen } from './http_server.ts'

test('RFC 6749 §5.1: what is answered before the application is there is stored by nobody, either', async () => {
  const server = await listen({ host: '127.0.0.1', port: 0 })
  try {
    const answer = await fetch(`http://127.0.0.1:${server.port}/oauth/token`, { method: 'POST' })
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '1')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('pragma'), 'no-cache')
    assert.match(await answer.text(), /"error":"temporarily_unavailable"/)
  } finally {
    await server.drain(0)
  }
})
