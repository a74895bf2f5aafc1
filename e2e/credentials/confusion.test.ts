import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createKey, makeAssertion, makeHmacAssertion } from '../assertions/setting.ts'
import { createPlatform } from '../federated/platform.ts'
import { audience, callTls, grant, makeClientCertificate, makeTlsFolder, startTlsCredence } from '../mtls/setting.ts'
import { scrape } from '../observability/exposed_metrics.ts'
import { jsonOf } from '../support/http.ts'
import { basic } from '../support/token.ts'

const folder = await makeTlsFolder()
after(folder.dispose)
const credence = await startTlsCredence(folder, ['--failed-authentications-per-minute', '100000'])
after(credence.dispose)

const manage = async (method: string, path: string, body: object) => {
  const answer = await credence.manage(method, path, body)
  assert.ok(answer.status < 300, answer.body)
  return jsonOf(answer)
}
const register = (method: string | null) =>
  manage('PATCH', '/clients/job', { token_endpoint_auth_method: method === 'any' ? null : method })
const add = (body: object) => manage('POST', '/clients/job/credentials', body)

const key = createKey()
const platform = await createPlatform()
const byAuthority = makeClientCertificate({ subject: 'job' })
const own = makeClientCertificate({ subject: 'own' })
const foreign = { iss: 'https://id.example.com', sub: 'job' }

// a client that holds a credential of every kind
await manage('POST', '/clients', {
  client_id: 'job',
  token_endpoint_auth_method: 'client_secret_jwt',
  grants: [{ audience, scopes: ['orders:read'] }],
})
const secret = String((await add({})).client_secret)
await register('any')
await add({ jwks: { keys: [key.publicJwk] } })
await add({ certificate: own.cert })
await add({ tls_client_auth_subject_dn: 'CN=job' })
await add({ federated_credentials: [{ platform: 'oidc', issuer: foreign.iss, subject: 'job', jwks: platform.jwks }] })

const job = { clientId: 'job', issuer: credence.issuer }
const assertionOf = (client_assertion: string) => ({
  form: {
    client_assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  },
})
const ways: Readonly<Record<string, () => Partial<Parameters<typeof callTls>[1]>>> = {
  client_secret_basic: () => ({ headers: { authorization: basic('job', secret) } }),
  client_secret_post: () => ({ form: { client_secret: secret } }),
  client_secret_jwt: () => assertionOf(makeHmacAssertion(secret, job)),
  private_key_jwt: () => assertionOf(makeAssertion(key, job)),
  tls_client_auth: () => ({ client: byAuthority }),
  self_signed_tls_client_auth: () => ({ client: own }),
  federated: () => assertionOf(platform.sign({ ...foreign, aud: credence.issuer })),
}

const ask = (way: string) => {
  const { form, ...how } = ways[way]?.() ?? {}
  return callTls(`${credence.issuer}/oauth/token`, {
    ...{ ca: folder.server.cert, ...how },
    form: { ...grant('job'), ...form },
  })
}

/** RFC 7523 §2.2: what a platform has signed for it is a private_key_jwt of a client that holds a credential for it. */
const alsoFor: Readonly<Record<string, readonly string[]>> = { private_key_jwt: ['federated'] }

for (const registered of [...Object.keys(ways), 'any']) {
  test(`checklist 2, RFC 7591 §2: registered for ${registered}, what lets a client in that has credentials of every kind`, async () => {
    await register(registered)
    const letIn: string[] = []
    for (const way of Object.keys(ways)) {
      const { status, body } = await ask(way)
      if (status === 200) letIn.push(way)
      else assert.deepEqual([status, JSON.parse(body).error], [401, 'invalid_client'], way)
    }
    // client_secret_jwt is off but for who is registered for it
    const all = Object.keys(ways).filter((way) => way !== 'client_secret_jwt')
    assert.deepEqual(letIn, registered === 'any' ? all : [registered, ...(alsoFor[registered] ?? [])])
  })
}

test('credence_token_requests_total names the method that let a client in, by its wire name', async () => {
  const exposed = await scrape(credence)
  const times: Readonly<Record<string, number>> = { client_secret_jwt: 1, federated: 3 }
  for (const way of Object.keys(ways)) {
    assert.match(exposed, new RegExp(`client_auth_method="${way}",result="issued"} ${times[way] ?? 2}\n`))
  }
  assert.match(exposed, /client_auth_method="client_assertion",result="invalid_client"} /)
  assert.match(exposed, /client_auth_method="client_certificate",result="invalid_client"} /)
})
