import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock, systemRandomness } from '@credence/protocol'
import fc from 'fast-check'
import { whyNotMet } from './claim_conditions.ts'
import { explainFederation, warnAboutFederation } from './explain_federation.ts'
import { createFederatedCredential, type NewFederation, parseFederation } from './federated_credential.ts'
import { InvalidFederation } from './invalid_federation.ts'
import { inferPlatform, platformNames, platforms } from './platforms/platforms.ts'
import { documentedTokens, ownIssuer } from './testing/documented_tokens.ts'
import { createPlatformIssuer } from './testing/platform_issuer.ts'

const deps = { issuer: ownIssuer, allowPrivateAddresses: false }
const documented = documentedTokens(1_790_000_000)
const platformIssuer = await createPlatformIssuer()
const bundle = { keys: [{ ...platformIssuer.jwk, use: 'jwt-svid' }], spiffe_sequence: 1 }
const { spiffe: spiffeToken } = documented
const spiffeFederation = { ...spiffeToken.federation, jwks: bundle }

const faultsOf = (asked: NewFederation, given = deps): readonly string[] => {
  try {
    parseFederation(asked, given)
    return []
  } catch (error) {
    assert.ok(error instanceof InvalidFederation)
    assert.ok(error.faults.length > 0)
    return error.faults.map(({ part, detail }) => `${part} ${detail}`)
  }
}

const refused = (asked: NewFederation, ...reasons: readonly RegExp[]) => {
  const faults = faultsOf(asked)
  assert.equal(faults.length, reasons.length, faults.join('; ') || 'accepted')
  for (const [index, reason] of reasons.entries()) assert.match(faults[index] ?? '', reason)
}

describe('a federated credential is made of what an operator says', () => {
  it('each platform: the documented form is accepted, told by issuer and subject, and explained', () => {
    for (const name of platformNames) {
      const { platform, ...asked } = name === 'spiffe' ? spiffeFederation : documented[name].federation
      const subject = String(asked.subject)
      assert.equal(inferPlatform(asked.issuer, subject), platform, name)
      const federation = parseFederation(asked, deps)
      assert.equal(federation.platform, name)
      assert.equal(federation.audience, name === 'azure' ? 'api://credence' : ownIssuer)
      const words = explainFederation(federation).join('\n')
      for (const part of [platforms[name].title, federation.issuer, subject, federation.audience]) {
        assert.ok(words.includes(part), `${name}: ${part} is not in ${words}`)
      }
    }
  })

  it('the credential has an id, a label and a life', () => {
    const made = createFederatedCredential(
      { ...documented.oidc.federation, clientId: 'job', label: 'autumn', expiresIn: 60 },
      {
        ...deps,
        clock: { epochSeconds: () => 1000, monotonicMs: systemClock.monotonicMs },
        randomness: systemRandomness,
      },
    )
    assert.match(made.credentialId, /^cred_[0-9a-z]{26}$/)
    assert.deepEqual(
      [made.clientId, made.kind, made.label, made.createdAt, made.expiresAt],
      ['job', 'federated', 'autumn', 1000, 1060],
    )
  })

  it('everything that is wrong is said at once', () => {
    refused(
      { platform: 'github', issuer: 'http://a.example', subject: 'repo:acme/app*', claims: { aud: 'x' }, audience: '' },
      /^issuer must be https/,
      /^subject must have ":" or "\/" before the asterisk/,
      /^audience must say/,
      /^claims aud: it is checked anyway/,
    )
    refused({ platform: 'openshift', subject: 'a' }, /^platform must be one of kubernetes, github/)
  })

  it('K4: an issuer or jwks_uri on this machine needs --allow-private-addresses; http is for nowhere else', () => {
    const asked = { platform: 'oidc', subject: 'a' }
    refused({ ...asked, issuer: 'http://127.0.0.1:9000' }, /--allow-private-addresses/)
    refused({ ...asked, issuer: 'https://localhost' }, /--allow-private-addresses/)
    refused(
      { ...asked, issuer: 'https://a.example', jwksUri: 'http://[::1]/k' },
      /^jwks_uri .*--allow-private-addresses/,
    )
    refused({ ...asked, issuer: 'https://a.example', jwksUri: 'https://u:p@b.example/k' }, /user information/)
    refused({ ...asked, issuer: 'https://a.example?x=1' }, /without query/)
    const allowed = { ...deps, allowPrivateAddresses: true }
    assert.deepEqual(faultsOf({ ...asked, issuer: 'http://127.0.0.1:9000' }, allowed), [])
    assert.deepEqual(faultsOf({ ...asked, issuer: 'http://10.0.0.1' }, allowed), ['issuer must be https'])
  })

  it('keys: public ones only, at least one that can be used, and only what can be used is kept', () => {
    const asked = { platform: 'oidc', issuer: 'https://a.example', subject: 'a' }
    refused({ ...asked, jwks: {} }, /must be a JWK set/)
    refused({ ...asked, jwks: { keys: [] } }, /no key that can be used: it is empty/)
    refused({ ...asked, jwks: { keys: [{ ...platformIssuer.jwk, d: 'AQAB' }] } }, /private key/)
    refused({ ...asked, jwks: { keys: [{ kty: 'oct', k: 'AQAB' }] } }, /private key/)
    refused({ ...asked, jwks: { keys: [{ ...platformIssuer.jwk, use: 'enc' }] } }, /its use is 'enc'/)
    refused({ ...asked, jwks: bundle }, /its use is 'jwt-svid'/)
    refused({ ...asked, jwks: { keys: [platformIssuer.jwk] }, jwksUri: 'https://a.example/k' }, /give one of them/)
    const { keys } = parseFederation(
      { ...asked, jwks: { keys: [platformIssuer.jwk, { kty: 'EC', crv: 'P-384' }] } },
      deps,
    )
    assert.deepEqual(keys, { jwks: JSON.stringify({ keys: [platformIssuer.jwk] }) })
  })

  it('kubernetes: the form of a service account, or all of a namespace, with a warning', () => {
    const asked = { platform: 'kubernetes', issuer: 'https://k.example' }
    for (const subject of [
      'reporter',
      'system:serviceaccount:batch',
      'system:serviceaccount:batch:',
      'system:serviceaccount:*',
    ]) {
      refused({ ...asked, subject }, /^subject must be system:serviceaccount:NAMESPACE:NAME/)
    }
    refused({ ...asked, subject: 'system:serviceaccount:batch:rep*' }, /before the asterisk/)
    const whole = parseFederation({ ...asked, subject: 'system:serviceaccount:batch:*' }, deps)
    assert.deepEqual(whole.subject, { claim: 'sub', match: 'prefix', values: ['system:serviceaccount:batch:'] })
    assert.match(explainFederation(whole).join(' '), /every service account of the namespace batch/)
    assert.equal(warnAboutFederation(whole).length, 1)
    const inside = parseFederation(
      { issuer: 'https://kubernetes.default.svc', subject: 'system:serviceaccount:batch:r' },
      deps,
    )
    const forOthers = parseFederation({ ...documented.kubernetes.federation, audience: 'sts.amazonaws.com' }, deps)
    assert.match(warnAboutFederation(forOthers).join(), /^tokens for sts\.amazonaws\.com are made for somebody else/)
    assert.match(warnAboutFederation(inside).join(), /kubectl get --raw \/openid\/v1\/jwks/)
  })

  it('github: too wide is said, wider still is refused', () => {
    const warned = (subject: string, claims = {}) =>
      warnAboutFederation(parseFederation({ platform: 'github', subject, claims }, deps)).join('; ')
    refused({ platform: 'github', subject: 'repo:*' }, /every repository of GitHub/)
    refused({ platform: 'github', subject: 'acme/app' }, /^subject must be repo:OWNER\/REPO:ref/)
    refused({ platform: 'github', subject: 'repo:acme/app*' }, /such as repo:acme\/app-other/)
    assert.match(warned('repo:acme/app'), /^subjects of GitHub go on after the repository/)
    assert.match(warned('repo:acme/*'), /every repository of the owner/)
    assert.match(warned('repo:acme/app:*'), /every branch, tag, environment and pull request/)
    assert.match(warned('repo:acme/app:environment:prod'), /^names of owners .*repository_id=ID$/)
    assert.equal(warned('repo:acme/app:environment:prod', { repository_id: '74' }), '')
    assert.equal(warned('repo:acme@65/app@74:environment:prod'), '')
  })

  it('gitlab, google, aws, azure: what is asked of each', () => {
    refused({ platform: 'gitlab', subject: 'my-group/my-project' }, /^subject must be project_path/)
    refused({ platform: 'gitlab', subject: 'project_path:*' }, /^subject must be project_path/)
    const group = parseFederation({ platform: 'gitlab', subject: 'project_path:my-group/*' }, deps)
    assert.equal(warnAboutFederation(group).length, 3)
    refused({ platform: 'google', subject: 'a@b.iam.gserviceaccount.com' }, /unique id/)
    refused({ platform: 'google', subject: '1120104*' }, /must be exact for this kind/)
    refused({ platform: 'google', issuer: 'https://accounts.example', subject: '112010400' }, /^issuer must be/)
    const google = parseFederation(documented.google.federation, deps)
    assert.deepEqual(google.claims.at(-1), { claim: 'email_verified', match: 'exact', values: ['true'] })
    const aws = { platform: 'aws', issuer: documented.aws.federation.issuer ?? '' }
    refused({ ...aws, subject: 'arn:aws:sts::123456789012:assumed-role/r/s' }, /not of its session/)
    refused({ ...aws, subject: 'arn:aws:iam::1:role/r' }, /ARN of a role/)
    refused({ ...aws, subject: 'arn:aws:iam::123456789012:role/r*' }, /before the asterisk/)
    refused(
      { ...aws, issuer: 'https://sts.amazonaws.com', subject: 'arn:aws:iam::123456789012:role/r' },
      /^issuer must be/,
    )
    const { audience: _, ...azure } = documented.azure.federation
    refused(azure, /^audience must be given/)
    refused(
      { ...azure, audience: 'api://a', issuer: 'https://login.microsoftonline.com/common/v2.0' },
      /your tenant by its id/,
    )
    refused({ ...azure, audience: 'api://a', subject: 'reporter' }, /object \(principal\) id/)
  })

  it('spiffe: an ID of the trust domain, and its bundle pinned', () => {
    const { jwks: _, ...withoutBundle } = spiffeFederation
    refused(withoutBundle, /^jwks the trust bundle has to be pinned/)
    refused({ ...spiffeFederation, jwks: { keys: [platformIssuer.jwk] } }, /no key has the use jwt-svid/)
    refused({ ...spiffeFederation, issuer: 'https://example.org' }, /^issuer must be the trust domain/)
    const subjects = [
      'spiffe://example.com/a',
      'spiffe://example.org',
      'spiffe://example.org/a/../b',
      'spiffe://example.org//a',
      'spiffe://example.org/a b',
    ]
    for (const subject of subjects) refused({ ...spiffeFederation, subject }, /must be a SPIFFE ID of the trust domain/)
    refused({ ...spiffeFederation, subject: 'spiffe://example.org/ns/batch*' }, /before the asterisk/)
    const all = parseFederation({ ...spiffeFederation, subject: 'spiffe://example.org/*' }, deps)
    assert.match(warnAboutFederation(all).join(), /every workload of the trust domain/)
    assert.equal(
      warnAboutFederation(parseFederation({ ...spiffeFederation, subject: 'spiffe://example.org/ns/batch/*' }, deps))
        .length,
      0,
    )
  })

  it('values: some, not too many, all with an asterisk or none, and at the end only', () => {
    const asked = { platform: 'oidc', issuer: 'https://a.example' }
    refused({ ...asked, subject: [] }, /1 to 20 values/)
    refused({ ...asked, subject: '*' }, /must say what/)
    refused({ ...asked, subject: 'a*b' }, /at its end only/)
    refused({ ...asked, subject: 'a**' }, /at its end only/)
    refused({ ...asked, subject: ['a', 'b:*'] }, /all of its values with \* or none/)
    refused({ ...asked, subject: 'a\u202eb\n' }, /control characters/)
    refused({ ...asked, subject: 'a', claims: { 'a.b.c.d.e.f.g.h.i.j': 'x' } }, /8 dots/)
    refused(
      { ...asked, subject: 'a', claims: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`c${n}`, 'x'])) },
      /at most 20/,
    )
  })
})

describe('property: a prefix ends where a part of the value does', () => {
  const part = fc.stringMatching(/^[a-z0-9-]{1,6}$/)
  const value = fc.array(part, { minLength: 1, maxLength: 4 })

  it('whatever prefix is accepted, it is met by no value that goes on in the same part', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(':', '/', '', '-', '.'), part, (parts, end, more) => {
        const text = `${parts.join(':')}${end}`
        const asked = { platform: 'oidc', issuer: 'https://a.example', subject: `${text}*` }
        const faults = faultsOf(asked)
        assert.equal(faults.length === 0, end === ':' || end === '/')
        if (faults.length > 0) return
        const { subject } = parseFederation(asked, deps)
        assert.equal(whyNotMet({ sub: `${text}${more}` }, subject), undefined)
        assert.notEqual(whyNotMet({ sub: `${text.slice(0, -1)}${more}` }, subject), undefined)
      }),
    )
  })
})
