/** Certificates made for one test run. */
import { X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'

interface SelfSigned {
  readonly generate: (
    attributes: readonly { readonly name: string; readonly value: string }[],
    options: object,
  ) => Promise<{ readonly private: string; readonly cert: string }>
}

// declared by the package whose tests need it most
const { generate }: SelfSigned = createRequire(import.meta.url)('selfsigned')

export interface Pair {
  readonly cert: string
  readonly key: string
  /** What a client registers: the key, and the certificate in x5c. */
  readonly jwk: object
}

export const makeCertificate = async (commonName: string): Promise<Pair> => {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  const certificate = new X509Certificate(made.cert)
  const jwk = { ...certificate.publicKey.export({ format: 'jwk' }), x5c: [certificate.raw.toString('base64')] }
  return { cert: made.cert, key: made.private, jwk }
}
