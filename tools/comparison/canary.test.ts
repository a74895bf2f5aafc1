import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { it } from 'node:test'
import { inspect } from 'node:util'
import { keysChannel, revocationChannel, verifyChannel } from '@credence/verifier'
import { createBoundCases } from './bound_cases.ts'
import type { AskedRequest, Contender } from './contender.ts'
import { credence } from './contenders/credence.ts'
import { startKeyServer } from './key_server.ts'
import { createLifetimeCases } from './lifetime_cases.ts'
import { runCases } from './run_cases.ts'
import { createTokenCases } from './token_cases.ts'

const channels = [verifyChannel, keysChannel, revocationChannel]
/** A part of a token or a proof that is shorter says nothing and may be anything. */
const shortestSecret = 16

/** Every token and proof of a request, and every part of them. */
const secretsOf = ({ headers, token }: AskedRequest): readonly string[] => {
  const values = [token, ...Object.values(headers).flat()].flatMap((value) => value.split(' '))
  return values.flatMap((value) => [value, ...value.slice(0, 100_000).split('.')])
}

it('V1 to V15: no token, proof or part of one is ever published, whatever is asked', async () => {
  const published: string[] = []
  const secrets = new Set<string>()
  const hear = (message: unknown): void => {
    published.push(inspect(message, { depth: null, maxStringLength: null, maxArrayLength: null, showHidden: true }))
  }
  const watched: Contender = {
    ...credence,
    open: (setting) => {
      const verifier = credence.open(setting)
      return {
        verify: (request) => {
          for (const secret of secretsOf(request)) if (secret.length >= shortestSecret) secrets.add(secret)
          return verifier.verify(request)
        },
      }
    },
  }
  const cases = [...(await createTokenCases()), ...(await createBoundCases()), ...(await createLifetimeCases())]
  const server = await startKeyServer()
  for (const name of channels) subscribe(name, hear)
  try {
    await runCases(cases, [watched], server)
  } finally {
    for (const name of channels) unsubscribe(name, hear)
    await server.close()
  }
  assert.ok(published.length > cases.length, `${published.length} messages`)
  assert.ok(secrets.size > cases.length, `${secrets.size} secrets`)
  const all = published.join('\n')
  // hosts of headers such as X-Forwarded-Host are no secrets
  const leaked = [...secrets].filter((secret) => !secret.startsWith('https:') && all.includes(secret))
  assert.deepEqual(leaked, [])
})
