import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertGoodToken, startClientSetting } from '../support/a_client.ts'
import { findRuntime, runProgram } from '../support/foreign.ts'

const setting = await startClientSetting()
after(setting.credence.dispose)

/** Debian's modules belong to Debian's Python, which need not be the first on the PATH. */
const pythons = ['/usr/bin/python3', 'python3', 'python']
const clients = {
  requests: ['with_requests.py', 'requests'],
  'requests-oauthlib': ['with_requests_oauthlib.py', 'requests_oauthlib'],
  httpx: ['with_httpx.py', 'httpx'],
  Authlib: ['with_authlib.py', 'authlib.integrations.requests_client'],
} as const

for (const [name, [script, module]] of Object.entries(clients)) {
  const what = `Python with ${name}`
  test(`RFC 6749 §2.3.1: ${what} gets a token by either method`, async (t) => {
    const python = await findRuntime(pythons, { probe: ['-c', `import ${module}`], what })
    if (python.skip !== false) return t.skip(python.skip)
    const path = join(import.meta.dirname, 'python', script)
    const { code, stdout, stderr } = await runProgram([python.program, path], setting.environment)
    assert.equal(code, 0, stderr)
    const tokens = stdout.trim().split('\n')
    assert.equal(tokens.length, 2)
    for (const token of tokens) await assertGoodToken(setting, token)
  })
}
