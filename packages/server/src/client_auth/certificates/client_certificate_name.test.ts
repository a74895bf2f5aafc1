import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { der, makeCertificate, type Name } from '../testing/make_certificate.ts'
import { readCertificateFacts } from './client_certificate_facts.ts'
import { formatDistinguishedName, isSameName, parseDistinguishedName } from './client_certificate_name.ts'

const cn = '2.5.4.3'
const o = '2.5.4.10'
const subjectOf = (subject: Name) => readCertificateFacts(makeCertificate({ subject }).raw).subject
const isNamed = (subject: Name, text: string) => isSameName(subjectOf(subject), parseDistinguishedName(text))

test('RFC 4514 §2: a subject is the name that is registered, whatever its spelling', () => {
  const subject: Name = [{ '2.5.4.6': 'DE' }, { [o]: 'Example, Inc.' }, { '2.5.4.11': 'jobs', [cn]: 'Lučić #1' }]
  for (const text of [
    'CN=Lučić #1+OU=jobs,O=Example\\, Inc.,C=DE',
    'ou=jobs+cn=Lu\\C4\\8Di\\C4\\87 #1,o=Example\\2C Inc.,2.5.4.6=DE',
    ' CN = Lučić \\#1 + OU = jobs , O = Example\\, Inc. , C = DE ',
  ]) {
    assert.ok(isNamed(subject, text), text)
  }
  assert.equal(formatDistinguishedName(subjectOf(subject)), 'OU=jobs+CN=Lučić #1,O=Example\\, Inc.,C=DE')
})

test('RFC 8705 §2.1.2: another order, another case, one attribute more or less, a set that is two names: another subject', () => {
  const subject: Name = [{ '2.5.4.6': 'DE' }, { [o]: 'Example' }, { [cn]: 'reporter' }]
  assert.ok(isNamed(subject, 'CN=reporter,O=Example,C=DE'))
  for (const text of [
    'C=DE,O=Example,CN=reporter',
    'CN=Reporter,O=Example,C=DE',
    'CN=reporter',
    'CN=reporter,O=Example',
    'CN=reporter,O=Example,C=DE,DC=com',
    'CN=reporter+O=Example,C=DE',
    'CN=reporter\\,O=Example,C=DE',
    'CN=reporter ,O=Example\\ ,C=DE',
    '2.5.4.3=#0c087265706f72746572,O=Example,C=DE',
  ]) {
    assert.ok(!isNamed(subject, text), text)
  }
})

test('A5: a value that looks like further attributes is one value', () => {
  const forged: Name = [{ [cn]: 'x,CN=admin' }]
  assert.ok(!isNamed(forged, 'CN=x,CN=admin'))
  assert.ok(isNamed(forged, 'CN=x\\,CN=admin'))
  assert.ok(!isNamed([{ [cn]: 'admin\nCN=x' }], 'CN=admin'))
  assert.ok(!isNamed([{ [cn]: 'admin\0.evil' }], 'CN=admin'))
})

test('RFC 4514 §2.4: a value of a type without a certain meaning is compared by its DER', () => {
  const subject: Name = [{ '1.3.6.1.4.1.99999.1': der(0x14, Buffer.from('ab')) }]
  assert.ok(isNamed(subject, '1.3.6.1.4.1.99999.1=#14026162'))
  assert.ok(!isNamed(subject, '1.3.6.1.4.1.99999.1=ab'))
})

test('RFC 4514 §3: what is no name is refused with what to do', () => {
  const refused: Readonly<Record<string, RegExp>> = {
    '': /not a distinguished name/,
    reporter: /not a distinguished name/,
    'CN=a,': /not a distinguished name/,
    'CN="a"': /not a distinguished name/,
    'CN=a;O=b': /not a distinguished name/,
    'CN=a\\': /not a distinguished name/,
    'FOO=a': /FOO is no attribute type known here: write its object identifier/,
    'CN=\\FF': /must be UTF-8/,
    [`CN=${'a'.repeat(3_000)}`]: /2048 characters/,
  }
  for (const [text, message] of Object.entries(refused)) {
    assert.throws(() => parseDistinguishedName(text), { name: 'TypeError', message }, text.slice(0, 20))
  }
})

test('RFC 4514 §2, §3: what is written of any subject reads as that subject again, and as no other', () => {
  const value = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
  const name = fc.array(
    fc.dictionary(fc.constantFrom(cn, o, '2.5.4.11', '1.2.3.4'), value, { minKeys: 1, maxKeys: 3 }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  fc.assert(
    fc.property(name, name, (one, other) => {
      const [first, second] = [subjectOf(one), subjectOf(other)]
      const written = formatDistinguishedName(first)
      assert.ok(isSameName(first, parseDistinguishedName(written)), written)
      const reread = parseDistinguishedName(formatDistinguishedName(second))
      assert.equal(isSameName(first, reread), isSameName(first, second))
    }),
    { numRuns: 150 },
  )
})
