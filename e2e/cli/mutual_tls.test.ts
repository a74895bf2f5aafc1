import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeClientCertificate, makeTlsFolder, startTlsCredence } from '../mtls/setting.ts'
import { runCommand } from '../support/run_command.ts'
import { examine } from './examination.ts'

const tls = await makeTlsFolder()
after(tls.dispose)
const credence = await startTlsCredence(tls)
after(credence.dispose)

const write = async (name: string, text: string): Promise<string> => {
  const file = join(tls.path, name)
  await writeFile(file, text)
  return file
}

const own = makeClientCertificate({ subject: 'job' })
const authority = ['--ca', await write('authority.pem', tls.server.cert)]
const asked = [
  ...['--issuer', credence.issuer, '--client-id', 'job', '--auth', 'self_signed_tls_client_auth'],
  ...['--certificate', await write('job.pem', own.cert), '--certificate-key', await write('job.key', own.key)],
]

test('RFC 8705: who is trusted by --ca is trusted by every check of the doctor, as it is by the client', async () => {
  const created = await runCommand([
    ...['client', 'create', 'job', '--data', credence.data, '--grant', 'https://orders.example.com=orders:read'],
    ...['--certificate', join(tls.path, 'job.pem')],
  ])
  assert.equal(created.code, 0, created.stderr)
  // in place of whatever else this machine trusts
  const environment = { NODE_EXTRA_CA_CERTS: '' }
  const token = await runCommand(['token', ...asked, ...authority], environment)
  assert.equal(token.code, 0, token.stderr)

  const { ok, failed, find } = await examine([...asked, ...authority], environment)
  assert.deepEqual([failed, ok], [[], true])
  for (const name of ['tls', 'metadata', 'credentials', 'key_set', 'verifier', 'introspection'] as const) {
    assert.match(find(name).status, /^(?:ok|warning)$/, name)
  }
  const without = await examine(asked, environment)
  assert.deepEqual(without.failed, ['tls: DEPTH_ZERO_SELF_SIGNED_CERT'])
})
