/** With what a certificate is signed, as it says itself: whether that is still worth something. RFC 5280 §4.1.1.2, RFC 4055 §3.1. */
import { type DerValue, derTags, expectTag, readChildren, readObjectIdentifier } from './client_certificate_der.ts'

/** SHA-2 with RSA and ECDSA, and Ed25519 and Ed448. Whatever else there is, SHA-1 and MD5 among it, is not on the list. */
const strong: ReadonlySet<string> = new Set([
  ...['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.12', '1.2.840.113549.1.1.13'],
  ...['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4'],
  ...['1.3.101.112', '1.3.101.113'],
])
const rsaPss = '1.2.840.113549.1.1.10'
const sha2: ReadonlySet<string> = new Set([1, 2, 3].map((last) => `2.16.840.1.101.3.4.2.${last}`))
const hashAlgorithm = 0xa0

/** Whether an AlgorithmIdentifier is of a signature that nobody can forge today. @throws {TypeError} when it is none. */
export const isStrongSignature = (identifier: DerValue | undefined): boolean => {
  const [algorithm, parameters] = readChildren(expectTag(identifier, derTags.sequence))
  const id = readObjectIdentifier(algorithm)
  return id === rsaPss ? isStrongPss(parameters) : strong.has(id)
}

/** Without a hash it is of SHA-1. */
const isStrongPss = (parameters: DerValue | undefined): boolean => {
  if (parameters?.tag !== derTags.sequence) return false
  const tagged = readChildren(parameters).find(({ tag }) => tag === hashAlgorithm)
  const hash = tagged && readChildren(tagged)[0]
  return hash !== undefined && sha2.has(readObjectIdentifier(readChildren(expectTag(hash, derTags.sequence))[0]))
}
