import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { systemRandomness } from '@credence/protocol'
import { makeCertificate } from '../testing/make_certificate.ts'
import { createCertificateCredential } from './client_certificate_credential.ts'
import { readCertificateFacts } from './client_certificate_facts.ts'
import {
  CertificateMatchError,
  type CertificateMatchInput,
  matchesCertificate,
  parseCertificateMatch,
} from './client_certificate_match.ts'

const matches = (input: CertificateMatchInput, raw: Uint8Array) =>
  matchesCertificate(parseCertificateMatch(input), readCertificateFacts(raw))

const { raw } = makeCertificate({
  subject: 'reporter',
  names: [
    { tag: 2, value: 'Jobs.Example.com' },
    { tag: 2, value: '*.wild.example.com' },
    { tag: 6, value: 'spiffe://example.com/Job' },
    { tag: 1, value: 'Jobs@EXAMPLE.com' },
    { tag: 7, value: Buffer.from([10, 0, 0, 1]) },
    { tag: 7, value: Buffer.from('20010db8000000000000000000000001', 'hex') },
  ],
})

test('RFC 8705 §2.1.2: the one name that is registered, of the kind that is registered', () => {
  const same: readonly CertificateMatchInput[] = [
    { by: 'subject_dn', value: 'CN=reporter' },
    { by: 'san_dns', value: 'jobs.example.COM' },
    { by: 'san_uri', value: 'spiffe://example.com/Job' },
    { by: 'san_email', value: 'Jobs@example.com' },
    { by: 'san_ip', value: '10.0.0.1' },
    { by: 'san_ip', value: '2001:DB8:0::0:1' },
  ]
  const other: readonly CertificateMatchInput[] = [
    { by: 'san_dns', value: 'reporter' },
    { by: 'san_dns', value: 'a.wild.example.com' },
    { by: 'san_dns', value: 'example.com' },
    { by: 'san_uri', value: 'spiffe://example.com/job' },
    { by: 'san_uri', value: 'spiffe://example.com/Job/' },
    { by: 'san_email', value: 'jobs@example.com' },
    { by: 'san_ip', value: '10.0.0.2' },
    { by: 'san_ip', value: '::ffff:10.0.0.1' },
    { by: 'san_ip', value: '2001:db8::2' },
  ]
  for (const input of same) assert.ok(matches(input, raw), JSON.stringify(input))
  for (const input of other) assert.ok(!matches(input, raw), JSON.stringify(input))
})

test('RFC 8705 §2.2.2: a certificate is registered by its key: a new certificate of the key is the same, another key is not', () => {
  const one = makeCertificate({ subject: 'reporter' })
  const renewed = makeCertificate({ subject: 'renewed', privateKey: one.privateKey })
  const input: CertificateMatchInput = { by: 'certificate', value: one.cert }
  assert.equal(parseCertificateMatch(input).by, 'public_key')
  assert.ok(matches(input, renewed.raw))
  assert.ok(!matches(input, makeCertificate({ subject: 'reporter' }).raw), 'A5: same CN with another key')
})

test('what cannot be registered is refused with what to give instead, and a key in it is not repeated', () => {
  const { cert, key } = makeCertificate({ subject: 'x' })
  const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ type: 'spki', format: 'pem' })
  const refused: readonly [CertificateMatchInput, RegExp][] = [
    [{ by: 'certificate', value: '' }, /must be one certificate in PEM/],
    [{ by: 'certificate', value: String(short) }, /must be one certificate in PEM/],
    [{ by: 'certificate', value: `${cert}${key}` }, /has a private key in it/],
    [{ by: 'certificate', value: `${cert}${cert}` }, /more than one block/],
    [{ by: 'certificate', value: cert.replace('\nMI', '\nAA') }, /cannot be read/],
    [{ by: 'subject_dn', value: 'reporter' }, /^subject_dn: not a distinguished name/],
    [{ by: 'san_dns', value: '*.example.com' }, /without a wildcard/],
    [{ by: 'san_dns', value: 'a..b' }, /one DNS name/],
    [{ by: 'san_uri', value: 'no uri' }, /must be a URI/],
    [{ by: 'san_ip', value: '10.0.0.0/8' }, /one IP address/],
    [{ by: 'san_email', value: 'jobs' }, /one address/],
  ]
  for (const [input, message] of refused) {
    assert.throws(
      () => parseCertificateMatch(input),
      (error: Error) => {
        assert.match(error.message, message)
        assert.equal((error as Error & { code?: string }).code, 'invalid_certificate_match')
        return !error.message.includes(key.slice(40, 60))
      },
    )
  }
})

test('a credential of a certificate: what counts, and until when', () => {
  const { cert } = makeCertificate({ subject: 'reporter' })
  const clock = { epochSeconds: () => 1_800_000_000, monotonicMs: () => 0 }
  const deps = { clock, randomness: systemRandomness, label: 'laptop', expiresIn: 60 }
  const credential = createCertificateCredential('reporter', { by: 'certificate', value: cert }, deps)
  assert.equal(credential.certificate.by, 'public_key')
  assert.match(credential.credentialId, /^cred_/)
  assert.deepEqual(
    [credential.createdAt, credential.expiresAt, credential.label],
    [1_800_000_000, 1_800_000_060, 'laptop'],
  )
  assert.throws(
    () => createCertificateCredential('reporter', { by: 'san_dns', value: '*' }, deps),
    CertificateMatchError,
  )
})
