import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertGoodToken, startClientSetting } from '../support/a_client.ts'
import { runProgram } from '../support/foreign.ts'
import { findGo, goEnvironment } from '../support/go.ts'

const setting = await startClientSetting()
after(setting.credence.dispose)

test('RFC 6749 §2.3.1: Go with golang.org/x/oauth2/clientcredentials gets a token by either method', async (t) => {
  const go = await findGo()
  if (go.skip !== false) return t.skip(go.skip)
  const main = join(import.meta.dirname, 'go/main.go')
  const { code, stdout, stderr } = await runProgram([go.program, 'run', main], {
    ...setting.environment,
    ...goEnvironment,
  })
  assert.equal(code, 0, stderr)
  const tokens = stdout.trim().split('\n')
  assert.equal(tokens.length, 2)
  for (const token of tokens) await assertGoodToken(setting, token)
})
