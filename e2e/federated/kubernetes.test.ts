import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createTokenManager, federated, TokenError } from '@credence/client'
import { fileToken } from '@credence/client/node'
import { createResourceServer } from '@credence/verifier'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { jsonOf } from '../support/http.ts'
import { createPlatform, present } from './platform.ts'

const audience = 'https://orders.example.com'
const cluster = 'https://kubernetes.default.svc.cluster.local'
const account = 'system:serviceaccount:batch:reporter'

const platform = await createPlatform()
const otherCluster = await createPlatform()

const folder = await makeFolder()
after(folder.dispose)
let credence: RunningCredence

const pod = (changed: object = {}, by = platform) =>
  by.sign({
    iss: cluster,
    sub: account,
    aud: [credence.issuer],
    'kubernetes.io': { namespace: 'batch', serviceaccount: { name: 'reporter', uid: '14ee3fa4' } },
    ...changed,
  })

const addCredential = async (clientId: string, federation: object): Promise<Readonly<Record<string, unknown>>> => {
  const answer = await credence.manage('POST', `/clients/${clientId}/credentials`, {
    federated_credentials: [federation],
  })
  assert.equal(answer.status, 201, answer.body)
  return jsonOf(answer)
}

const addClient = async (clientId: string, federation: object) => {
  await credence.createClient({ client_id: clientId, grants: [{ audience, scopes: ['orders:read'] }] })
  return addCredential(clientId, federation)
}

before(async () => {
  credence = await startCredence({ data: folder.path })
  await credence.createApi({ audience, scopes: ['orders:read'] })
  await addClient('report-job', {
    platform: 'kubernetes',
    ...{ issuer: cluster, subject: account, jwks: platform.jwks },
    claims: { 'kubernetes.io.namespace': 'batch' },
  })
})
after(() => credence.stop())

describe('a pod gets a token with what its kubelet wrote, and nothing else', () => {
  it('projected file → Credence → @credence/verifier', async () => {
    const file = join(folder.path, 'token')
    await writeFile(file, `${pod()}\n`)
    const { issuer } = credence
    const tokens = createTokenManager({ issuer, clientId: 'report-job', auth: federated({ token: fileToken(file) }) })
    const { accessToken, scope } = await tokens.getToken()
    assert.deepEqual(scope, 'orders:read')

    const orders = createResourceServer({
      resource: audience,
      issuers: [{ issuer, allowPrivateAddresses: true }],
    })
    after(orders.close)
    const headers = { authorization: `Bearer ${accessToken}` }
    const result = await orders.verify({ method: 'GET', url: '/', headers }, { all: ['orders:read'] })
    assert.ok(result.ok)
    assert.equal(result.token.claims.sub, 'report-job')
    assert.match(String(result.token.claims.credential_id), /^cred_/)

    // the same token again, as platforms reuse theirs
    assert.ok(await tokens.getToken({ forceRefresh: true }))
    await writeFile(file, pod({ sub: 'system:serviceaccount:batch:other' }))
    await assert.rejects(tokens.getToken({ forceRefresh: true }), (error) => error instanceof TokenError)
  })

  it('checklist 23: one answer for everything that is wrong, and that is all the caller learns', async () => {
    const now = Math.floor(Date.now() / 1000)
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${pod().split('.')[1]}.`
    const wrong: Readonly<Record<string, readonly [string, Parameters<typeof present>[2]?]>> = {
      'wrong aud': [pod({ aud: ['https://kubernetes.default.svc'] })],
      'wrong sub': [pod({ sub: 'system:serviceaccount:other:reporter' })],
      'wrong namespace': [pod({ 'kubernetes.io': { namespace: 'other' } })],
      expired: [pod({ iat: now - 3600, exp: now - 60 })],
      'another cluster’s key': [pod({}, otherCluster)],
      'alg none': [unsigned],
      'no client_id': [pod(), { client_id: undefined }],
      'unknown client': [pod(), { client_id: 'nobody' }],
      'another assertion type': [
        pod(),
        { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe' },
      ],
      'no JWT': ['x.y'],
    }
    const answers = new Set<string>()
    for (const [what, [assertion, form]] of Object.entries(wrong)) {
      const { status, headers, body } = await present(credence, assertion, form)
      assert.equal(status, 401, `${what}: ${body}`)
      assert.ok(headers['www-authenticate'])
      answers.add(body)
    }
    assert.equal(answers.size, 1, [...answers].join('\n'))
    assert.match([...answers][0] ?? '', /"error":"invalid_client"/)
  })

  it('checklist 23: one subject, two clients: each is itself, and neither the other without a credential', async () => {
    await addClient('second-job', { platform: 'kubernetes', issuer: cluster, subject: account, jwks: platform.jwks })
    for (const clientId of ['report-job', 'second-job']) {
      const answer = await present(credence, pod(), { client_id: clientId })
      const token = String(jsonOf(answer).access_token)
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
      assert.equal(claims.client_id, clientId)
    }
    await credence.createClient({ client_id: 'third-job', grants: [{ audience, scopes: ['orders:read'] }] })
    assert.equal((await present(credence, pod(), { client_id: 'third-job' })).status, 401)
  })

  it('A4, checklist 34: revoked, disabled, deleted', async () => {
    const federation = { platform: 'kubernetes', issuer: cluster, subject: account, jwks: platform.jwks }
    await addClient('short-lived', federation)
    const ask = async () => (await present(credence, pod(), { client_id: 'short-lived' })).status
    assert.equal(await ask(), 200)
    const { items } = jsonOf(await credence.manage('GET', '/clients/short-lived/credentials'))
    const made = (items as readonly { readonly kind: string; readonly credential_id: string }[]).find(
      ({ kind }) => kind === 'federated',
    )
    assert.equal(
      (await credence.manage('DELETE', `/clients/short-lived/credentials/${made?.credential_id}`)).status,
      200,
    )
    assert.equal(await ask(), 401)
    await addCredential('short-lived', federation)
    assert.equal(await ask(), 200)
    await credence.manage('PATCH', '/clients/short-lived', { disabled: true })
    assert.equal(await ask(), 401)
    await credence.manage('PATCH', '/clients/short-lived', { disabled: false })
    assert.equal(await ask(), 200)
    await credence.manage('DELETE', '/clients/short-lived')
    assert.equal(await ask(), 401)
  })

  it('checklist 24: GitHub Actions: a token that comes twice was taken from a log', async () => {
    const github = 'https://token.actions.githubusercontent.com'
    const subject = 'repo:acme@65/app@74:environment:prod'
    await addClient('deploy', { platform: 'github', subject, jwks: platform.jwks })
    const job = (jti: string) => platform.sign({ iss: github, sub: subject, aud: credence.issuer, jti })
    const [one, two] = [job('one'), job('two')]
    assert.equal((await present(credence, one, { client_id: 'deploy' })).status, 200)
    assert.equal((await present(credence, two, { client_id: 'deploy' })).status, 200)
    const again = await present(credence, one, { client_id: 'deploy' })
    assert.deepEqual([again.status, jsonOf(again).error], [401, 'invalid_client'])
  })

  it('K4: an issuer on this machine is refused without --allow-private-addresses', async () => {
    const federation = { platform: 'oidc', issuer: 'http://127.0.0.1:9', subject: 'a' }
    const answer = await credence.manage('POST', '/clients/report-job/credentials', {
      federated_credentials: [federation],
    })
    assert.equal(answer.status, 400)
    assert.match(answer.body, /--allow-private-addresses/)
  })

  it('the audit log has the reason, with the value that came', async () => {
    await credence.stop()
    credence = await startCredence({ data: folder.path })
    const answer = await credence.manage('GET', '/audit-events?limit=1000&action=client.authenticate')
    const events = jsonOf(answer).items as readonly { readonly details: { readonly reason: string } }[]
    const reasons = events.map(({ details }) => details.reason)
    for (const reason of [
      /^aud is 'https:\/\/kubernetes\.default\.svc' \(cred_/,
      /^sub is 'system:serviceaccount:other:reporter' \(cred_/,
      /^kubernetes\.io\.namespace is 'other' \(cred_/,
      /^it expired \d+ s ago \(cred_/,
      /^the signature does not verify \(cred_/,
      /^alg is 'none'/,
      /^unknown client/,
      /^the client is disabled/,
    ]) {
      assert.ok(
        reasons.some((found) => reason.test(found)),
        `${reason} is not among ${reasons.join('; ')}`,
      )
    }
  })
})
