import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { audience, clientId, scopeToken } from '../admin/schemas.ts'
import { writeClaims } from './write_claims.ts'

const matching = (pattern: string) => fc.stringMatching(new RegExp(pattern))

test('RFC 9068 §2.2: whatever ids, audiences and scopes may be, the claims are read as they were written', () => {
  const names = matching(clientId.pattern)
  const scopes = fc.array(matching(scopeToken.pattern), { minLength: 1, maxLength: 3 })
  const bound = fc.option(
    fc.base64String().map((jkt) => ({ jkt })),
    { nil: undefined },
  )
  fc.assert(
    fc.property(fc.webUrl(), names, matching(audience.pattern), scopes, bound, (iss, name, aud, granted, cnf) => {
      const claims = {
        ...{ iss, sub: name, client_id: name, aud, scope: granted.join(' '), iat: 1_800_000_000, exp: 1_800_000_600 },
        ...{ jti: 'Zm9v-_', credential_id: 'cred_1', ...(cnf && { cnf }) },
      }
      assert.deepEqual(JSON.parse(writeClaims(JSON.stringify(iss), claims)), claims)
    }),
  )
})
