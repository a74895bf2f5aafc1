import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDer } from './client_certificate_der.ts'
import { isStrongSignature } from './client_certificate_signature.ts'

const sha256 = '300d06096086480165030402010500'
const sha1 = '300906052b0e03021a0500'
const pss = '06092a864886f70d01010a'

const identifiers: Readonly<Record<string, readonly [hex: string, strong: boolean]>> = {
  'ECDSA with SHA-256': ['300a06082a8648ce3d040302', true],
  'ECDSA with SHA-1': ['300906072a8648ce3d0401', false],
  'RSA with SHA-256': ['300d06092a864886f70d01010b0500', true],
  'RSA with SHA-1': ['300d06092a864886f70d0101050500', false],
  'RSA with MD5': ['300d06092a864886f70d0101040500', false],
  Ed25519: ['300506032b6570', true],
  'RSA-PSS with SHA-256': [`301e${pss}3011a00f${sha256}`, true],
  'RSA-PSS with SHA-1': [`301a${pss}300da00b${sha1}`, false],
  'RSA-PSS that leaves the hash to be SHA-1': [`300d${pss}3000`, false],
  'RSA-PSS without parameters': [`300b${pss}`, false],
}

test('RFC 4055 §3.1: a signature over SHA-1 or MD5 is worth nothing, also where the hash is a parameter', () => {
  for (const [title, [hex, strong]] of Object.entries(identifiers)) {
    assert.equal(isStrongSignature(readDer(Buffer.from(hex, 'hex'))), strong, title)
  }
  assert.throws(() => isStrongSignature(readDer(Buffer.from('0500', 'hex'))), TypeError)
})
