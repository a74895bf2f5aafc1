import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertGoodToken, audience, startClientSetting } from '../support/a_client.ts'
import { findRuntime, runProgram } from '../support/foreign.ts'

const curl = await findRuntime(['curl'], { probe: ['--version'], what: 'curl' })
const setting = await startClientSetting()
after(setting.credence.dispose)
const { client_id, client_secret } = setting.client
const form = [
  '-d',
  'grant_type=client_credentials',
  '-d',
  'scope=orders:read',
  '--data-urlencode',
  `resource=${audience}`,
]

const ways: Readonly<Record<string, readonly string[]>> = {
  // curl sends what it is given: an id without reserved letters needs no encoding, this one has some
  'Basic, encoded as RFC 6749 §2.3.1 says': ['-u', `${encodeURIComponent(client_id)}:${client_secret}`, ...form],
  'Basic, as everybody types it': ['-u', `${client_id}:${client_secret}`, ...form],
  'the body': ['--data-urlencode', `client_id=${client_id}`, '-d', `client_secret=${client_secret}`, ...form],
}
for (const [title, args] of Object.entries(ways)) {
  test(`RFC 6749 §2.3.1: curl with ${title} gets a token`, { skip: curl.skip }, async () => {
    const { code, stdout, stderr } = await runProgram([
      'curl',
      '-sS',
      '--fail-with-body',
      setting.tokenEndpoint,
      ...args,
    ])
    assert.equal(code, 0, stdout + stderr)
    await assertGoodToken(setting, JSON.parse(stdout).access_token)
  })
}

test('RFC 6749 §5.2: curl with a wrong secret gets 401 and the challenge', { skip: curl.skip }, async () => {
  const { stdout } = await runProgram(['curl', '-sSi', setting.tokenEndpoint, '-u', 'x:y', ...form])
  assert.match(stdout, /^HTTP\/1\.1 401 /)
  assert.match(stdout, /^www-authenticate: Basic realm=/im)
})
