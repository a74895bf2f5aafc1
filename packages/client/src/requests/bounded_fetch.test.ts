import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedFetch, type Fetch } from './bounded_fetch.ts'

test('RFC 9110 §10.1.5: every request says that it is of this library, whatever else its headers are', async () => {
  const seen: (string | null)[][] = []
  const fetch: Fetch = async (_url, init) => {
    const headers = new Headers(init?.headers)
    seen.push([headers.get('user-agent'), headers.get('accept')])
    return new Response('{}')
  }
  await boundedFetch(fetch, 'https://auth.example.com/token', {
    headers: { accept: 'application/json', 'User-Agent': 'another/1.0' },
  })
  await boundedFetch(fetch, 'https://auth.example.com/token', {})
  assert.deepEqual(seen, [
    ['credence-client', 'application/json'],
    ['credence-client', null],
  ])
})
