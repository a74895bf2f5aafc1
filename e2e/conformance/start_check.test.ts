import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { askToken, assertRefused } from '../support/token.ts'

test('FAPI 2.0: a server started with the profile says what in its store is against it, and what to do, and issues nothing for it', async () => {
  const audience = 'https://old.example.com'
  const before = await startCredence()
  await before.createApi({ audience, scopes: ['x'], signing_alg: 'RS256' })
  const client = await before.createClient({ client_id: 'with-a-secret', grants: [{ audience, scopes: ['x'] }] })
  assert.equal((await askToken(before, client)).status, 200)
  await before.stop()

  const credence = await startCredence({ data: before.data, args: ['--profile', 'fapi2'] })
  try {
    const lines = credence
      .output()
      .split('\n')
      .filter((line) => line.includes('FAPI 2.0'))
    const warnings = lines.map((line) => JSON.parse(line))
    assert.deepEqual(
      warnings.map(({ level, count, named }) => ({ level, count, named })),
      [
        { level: 'warn', count: 1, named: [audience] },
        { level: 'warn', count: 1, named: ['with-a-secret'] },
      ],
    )
    assert.match(warnings[0].what_to_do, /credence api update AUDIENCE --alg/)
    assert.match(warnings[1].what_to_do, /give each a key or a certificate/)
    assert.match(assertRefused(await askToken(credence, client), 'invalid_client'), /client_secret_basic/)
  } finally {
    await credence.stop()
    await before.dispose()
  }
})

test('FAPI 2.0: a profile that there is not stops the start, and says which there are', async () => {
  await assert.rejects(
    startCredence({ args: ['--profile', 'fapi3'] }),
    /ended with 78.*--profile must be one of fapi2/s,
  )
})

test('FAPI 2.0 §5.2: an issuer that is not https stops the start, on a loopback address alone it may be http', async () => {
  const args = ['--profile', 'fapi2', '--issuer', 'http://auth.example.com']
  await assert.rejects(startCredence({ args }), /ended with 78.*https/s)
})
