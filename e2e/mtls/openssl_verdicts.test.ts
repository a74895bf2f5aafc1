import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createChainValidator } from '../../packages/server/src/client_auth/certificates/client_certificate_chain.ts'
import { readCertificateFacts } from '../../packages/server/src/client_auth/certificates/client_certificate_facts.ts'
import { whyNotTlsClientAuth } from '../../packages/server/src/client_auth/certificates/tls_client_auth.ts'
import {
  type CertificateRequest,
  der,
  type MadeCertificate,
  makeAuthority,
  makeCertificate,
} from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { makeFolder } from '../support/credence_process.ts'
import { findRuntime, runProgram } from '../support/foreign.ts'

const folder = await makeFolder()
after(folder.dispose)

type Odd = Partial<CertificateRequest>

interface Chain {
  readonly root: MadeCertificate
  /** The client's own first. */
  readonly sent: readonly MadeCertificate[]
}

const now = Math.floor(Date.now() / 1000)
const day = 86_400
const past = [now - 2 * day, now - day] as const
const ahead = [now + day, now + 2 * day] as const
const forServers = ['1.3.6.1.5.5.7.3.1']
const forAnything = ['2.5.29.37.0']
const root = makeAuthority('root')
const extension = (id: string, critical: boolean, value: Buffer): Odd => ({ extensions: [{ id, critical, value }] })
const keyIdentifier = (id: 14 | 35, text: string): Odd =>
  extension(`2.5.29.${id}`, false, id === 14 ? der(4, Buffer.from(text)) : der(0x30, der(0x80, Buffer.from(text))))

const leaf = (odd: Odd, issuer = root): Chain => ({
  root: issuer,
  sent: [makeCertificate({ subject: 'leaf', issuer, ...odd })],
})
const below = (odd: Odd, ...more: readonly Odd[]): Chain => {
  const sent = [makeAuthority('odd', { issuer: root, ...odd })]
  for (const [at, each] of more.entries()) sent.unshift(makeAuthority(`${at}`, { issuer: sent[0] ?? root, ...each }))
  return { root, sent: [makeCertificate({ subject: 'leaf', issuer: sent[0] ?? root }), ...sent] }
}
const rooted = (odd: Odd): Chain => leaf({}, makeAuthority('odd', odd))
const unknown = (critical: boolean) => extension('1.3.6.1.4.1.99999.2', critical, der(5))

/** What OpenSSL says of each is asked of itself. */
const chains: Readonly<Record<string, Chain>> = {
  'a leaf as it should be': leaf({}),
  'an authority in between': below({}),
  'a leaf that has expired': leaf({ validity: past }),
  'a leaf that is not valid yet': leaf({ validity: ahead }),
  'a leaf for servers': leaf({ purposes: forServers }),
  'a leaf for anything': leaf({ purposes: forAnything }),
  'a leaf whose key is for encipherment': leaf({ keyUsage: 0x20 }),
  'a leaf whose key is for agreement': leaf({ keyUsage: 0x08 }),
  'a leaf that is an authority': leaf({ authority: true, keyUsage: 0x06 }),
  'a leaf over SHA-1': leaf({ digest: 'sha1' }),
  'a leaf with what nobody understands': leaf(unknown(true)),
  'a leaf with what nobody need understand': leaf(unknown(false)),
  'a leaf of another key of the root’s name': leaf({ issuer: makeAuthority('root') }),
  'a leaf that signed itself': { root, sent: [makeCertificate({ subject: 'leaf' })] },
  'a leaf of a leaf': below({ authority: false }),
  'an authority that may not sign': below({ keyUsage: 0x80 }),
  'an authority that has expired': below({ validity: past }),
  'an authority that is not valid yet': below({ validity: ahead }),
  'an authority for servers': below({ purposes: forServers }),
  'an authority for anything': below({ purposes: forAnything }),
  'an authority over SHA-1': below({ digest: 'sha1' }),
  'one authority below one that allows none': below({ pathLength: 0 }, {}),
  'one authority below one that allows one': below({ pathLength: 1 }, {}),
  'two authorities below one that allows one': below({ pathLength: 1 }, {}, {}),
  'a path length below zero': below({ pathLength: 0xff }),
  'a root that has expired': rooted({ validity: past }),
  'a root for servers': rooted({ purposes: forServers }),
  'a root over SHA-1': rooted({ digest: 'sha1' }),
  'the identifier of another key': leaf(keyIdentifier(35, 'one'), makeAuthority('r', keyIdentifier(14, 'other'))),
  'an authority that restricts names': below(extension('2.5.29.30', true, der(0x30))),
  'an authority that restricts policies': below(extension('2.5.29.36', true, der(0x30, der(0x80, Buffer.from([0]))))),
}

/** What is refused here though OpenSSL has nothing against it: docs/tasks/mutual-tls.md says so. */
const stricter = ['an authority that restricts names', 'an authority that restricts policies']

const accepts = ({ root, sent }: Chain): boolean => {
  const [own, ...others] = sent.map(({ raw }) => raw)
  assert.ok(own)
  const facts = readCertificateFacts(own)
  const match = { by: 'public_key', value: facts.publicKeyDigest } as const
  const isTrusted = createChainValidator(root.cert)(own, others, now)
  return whyNotTlsClientAuth({ certificate: { raw: own, isTrusted }, facts, match, now }) === undefined
}

test('RFC 5280 §6.1: of chains as they should not be, OpenSSL says the same', async (t) => {
  const openssl = await findRuntime(['openssl'], { probe: ['version'], what: 'openssl' })
  if (openssl.skip !== false) return t.skip(openssl.skip)
  const [ca, others, own] = ['root.pem', 'others.pem', 'own.pem'].map((name) => join(folder.path, name))
  assert.ok(ca && others && own)
  const asked = ['verify', '-purpose', 'sslclient', '-auth_level', '2', '-no-CApath', '-no-CAstore', '-CAfile', ca]
  for (const [title, chain] of Object.entries(chains)) {
    await writeFile(ca, chain.root.cert)
    await writeFile(others, chain.sent.map(({ cert }) => cert).join(''))
    await writeFile(own, chain.sent[0]?.cert ?? '')
    const { code, stderr } = await runProgram([openssl.program, ...asked, '-untrusted', others, own])
    assert.equal(accepts(chain), code === 0 && !stricter.includes(title), `${title}: ${stderr}`)
    if (stricter.includes(title)) assert.equal(code, 0, title)
  }
})
