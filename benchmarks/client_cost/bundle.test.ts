import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { budget } from '../client_cost.ts'
import { bundleClient } from './bundle.ts'

const core = await bundleClient('{ createTokenManager }')

describe('the bundle of createTokenManager alone', () => {
  it('is within its budget', () => {
    assert.ok(core.minifiedBytes <= budget.minified, `${core.minifiedBytes} bytes minified of ${budget.minified}`)
    assert.ok(core.gzippedBytes <= budget.gzipped, `${core.gzippedBytes} bytes gzipped of ${budget.gzipped}`)
  })

  it('has nothing of the optional parts, and nothing of Node', async () => {
    const optional =
      /opentelemetry|presets|\/node\/|vault|aws_|azure_|environment|github|federated|private_key_jwt|assertion|signing_key|jwt_bearer|client_secret_post|cache_key|shared|undici|axios/
    const found = core.parts.filter(({ file }) => optional.test(file))
    assert.deepEqual(found, [])
    const others = core.parts.filter(
      ({ file }) => !/^(packages\/(client|protocol)|node_modules\/oauth4webapi)\//.test(file),
    )
    assert.deepEqual(others, [])
    const whole = await bundleClient('*')
    assert.ok(
      whole.parts.some(({ file }) => optional.test(file)),
      'the expression finds them where they are',
    )
  })
})
