import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForm } from '@credence/protocol'
import type { ClientRecord } from '@credence/storage'
import type { HttpRequest } from '../http/http_request.ts'
import { createAuthenticateReader } from './authenticate_reader.ts'
import type { AuthenticatedClient } from './client_auth_method.ts'

const now = 1_800_000_000
const orders = 'https://orders.example.com'

const aRecord = (changed: {
  readonly disabled?: boolean
  readonly serves?: readonly string[]
  readonly credentialId?: string
}) =>
  ({
    client: { clientId: 'reader', serves: changed.serves ?? [orders], disabled: changed.disabled ?? false },
    credentials: [{ credentialId: changed.credentialId ?? 'cred_1', expiresAt: now + 10 }],
    grants: [],
  }) as unknown as ClientRecord

const request = (authorization: string) =>
  ({
    headers: { authorization },
    rawHeaders: ['Authorization', authorization],
    remoteAddress: '127.0.0.1',
    activity: {},
  }) as unknown as HttpRequest

const setting = () => {
  let record: ClientRecord | undefined = aRecord({})
  let time = now
  let admin: { clientId: string; credentialId: string; scopes: string[] } | undefined
  const [credential] = record.credentials
  const authenticate = createAuthenticateReader({
    authenticateClient: async () => ({ record, credential }) as AuthenticatedClient,
    verifyAdminToken: async () => admin,
    directory: {
      clientByCredential: () => record,
      api: () => undefined,
      apply: () => {},
      clear: () => {},
      size: 0,
    } as unknown as Parameters<typeof createAuthenticateReader>[0]['directory'],
    clock: { epochSeconds: () => time, monotonicMs: () => 0 },
  })
  return {
    authenticate,
    become: (next: ClientRecord | undefined) => {
      record = next
    },
    becomeAdmin: (scopes: string[] | undefined) => {
      admin = scopes && { clientId: 'auditor', credentialId: 'cred_2', scopes }
    },
    at: (epochSeconds: number) => {
      time = epochSeconds
    },
  }
}

test('A4: a resource server may go on as long as it is what it was when it began', async () => {
  const { authenticate, become, at } = setting()
  const reader = await authenticate(request('Basic cmVhZGVyOng='), parseForm(''))
  assert.deepEqual(reader.serves, [orders])
  assert.equal(await reader.mayGoOn(), true)
  for (const [what, record] of [
    ['disabled', aRecord({ disabled: true })],
    ['its credential revoked', aRecord({ credentialId: 'cred_9' })],
    ['serving it no more', aRecord({ serves: [] })],
    ['deleted', undefined],
  ] as const) {
    become(record)
    assert.equal(await reader.mayGoOn(), false, what)
  }
  become(aRecord({ serves: ['https://more.example.com', orders] }))
  assert.equal(await reader.mayGoOn(), true)
  at(now + 10)
  assert.equal(await reader.mayGoOn(), false, 'its credential expired')
})

test('A4: a bearer may go on as long as its token has the scope and is not revoked', async () => {
  const { authenticate, becomeAdmin } = setting()
  becomeAdmin(['admin:revocations:read'])
  const reader = await authenticate(request('Bearer abc'), parseForm(''))
  assert.equal(reader.serves, undefined)
  assert.equal(await reader.mayGoOn(), true)
  becomeAdmin(undefined)
  await assert.rejects(reader.mayGoOn(), { code: 'invalid_token' })
  becomeAdmin(['admin:clients:read'])
  await assert.rejects(reader.mayGoOn(), { code: 'insufficient_scope' })
})
