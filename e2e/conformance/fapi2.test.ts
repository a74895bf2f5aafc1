import { after, describe, test } from 'node:test'
import { addedModules } from './added_modules.ts'
import { mtlsModules } from './mtls_modules.ts'
import { startMtlsSetting } from './mtls_setting.ts'
import { startFapi2Setting } from './setting.ts'
import { suiteModules } from './suite_modules.ts'

const setting = await startFapi2Setting()
after(setting.dispose)
const mtls = await startMtlsSetting()
after(mtls.dispose)

describe('FAPI 2.0 Security Profile, client credentials: the modules of the OpenID Foundation’s suite', () => {
  for (const { name, checks, run } of suiteModules) test(`${name}: ${checks}`, () => run(setting))
})

describe('FAPI 2.0 Security Profile, client credentials: what that suite lacks', () => {
  for (const { name, checks, run } of addedModules) test(`${name}: ${checks}`, () => run(setting))
})

describe('FAPI 2.0 Security Profile, client credentials: over mutual TLS', () => {
  for (const { name, checks, run } of mtlsModules) test(`${name}: ${checks}`, () => run(mtls))
})
