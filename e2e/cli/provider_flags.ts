/** The options by which the command line reaches a test authorization server of a skin. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type SkinName, startTestAuthorizationServer, type TestAuthorizationServer } from '@credence/testkit'

export interface Reached {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

type Start = { readonly [Name in SkinName]: (folder: string) => Promise<[TestAuthorizationServer<SkinName>, string[]]> }

const start: Start = {
  credence: async () => {
    const as = await startTestAuthorizationServer({ skin: 'credence' })
    return [as, ['--issuer', as.issuer, '--audience', as.audience]]
  },
  generic: async () => {
    const as = await startTestAuthorizationServer({ skin: 'generic' })
    return [as, ['--issuer', as.issuer, '--audience', as.audience]]
  },
  auth0: async () => {
    const as = await startTestAuthorizationServer({ skin: 'auth0' })
    return [as, ['--domain', as.presetOptions.domain, '--audience', as.audience]]
  },
  okta: async () => {
    const as = await startTestAuthorizationServer({ skin: 'okta' })
    return [as, ['--domain', as.presetOptions.domain, '--scope', as.presetOptions.scope]]
  },
  entra: async () => {
    const as = await startTestAuthorizationServer({ skin: 'entra' })
    const { tenant, authority, scope } = as.presetOptions
    return [as, ['--tenant', tenant, '--authority', authority, '--scope', scope]]
  },
  cognito: async () => {
    const as = await startTestAuthorizationServer({ skin: 'cognito' })
    const { domain, userPoolId, issuer } = as.presetOptions
    return [as, ['--domain', domain, '--user-pool', userPoolId, '--issuer', issuer]]
  },
  google: async (folder) => {
    const as = await startTestAuthorizationServer({ skin: 'google' })
    const file = join(folder, 'key.json')
    await writeFile(file, JSON.stringify(as.presetOptions.key))
    return [as, ['--key-file', file, '--scope', as.presetOptions.scope]]
  },
  keycloak: async () => {
    const as = await startTestAuthorizationServer({ skin: 'keycloak' })
    return [as, ['--url', as.presetOptions.url, '--realm', as.presetOptions.realm]]
  },
}

/** @param folder for files that options name */
export const startReached = async (
  skin: SkinName,
  folder: string,
): Promise<Reached & { readonly as: TestAuthorizationServer<SkinName> }> => {
  const [as, own] = await start[skin](folder)
  const client = skin === 'google' ? [] : ['--client-id', as.clientId]
  return {
    as,
    args: ['--provider', skin, ...client, ...own],
    environment: skin === 'google' ? {} : { CREDENCE_CLIENT_SECRET: as.clientSecret },
  }
}
