import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertGoodToken, startClientSetting } from '../support/a_client.ts'
import { findRuntime, runProgram } from '../support/foreign.ts'

const setting = await startClientSetting()
after(setting.credence.dispose)

/** Debian has the library as source, in a GOPATH. */
const debian = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' }

test('RFC 6749 §2.3.1: Go with golang.org/x/oauth2/clientcredentials gets a token by either method', async (t) => {
  const go = await findRuntime(['/usr/bin/go', 'go'], {
    probe: ['list', 'golang.org/x/oauth2/clientcredentials'],
    environment: debian,
    what: 'Go with golang.org/x/oauth2',
  })
  if (go.skip !== false) return t.skip(go.skip)
  const main = join(import.meta.dirname, 'go/main.go')
  const { code, stdout, stderr } = await runProgram([go.program, 'run', main], { ...setting.environment, ...debian })
  assert.equal(code, 0, stderr)
  const tokens = stdout.trim().split('\n')
  assert.equal(tokens.length, 2)
  for (const token of tokens) await assertGoodToken(setting, token)
})
