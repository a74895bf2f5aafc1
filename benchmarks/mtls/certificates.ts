/** The certificates of this benchmark: a server's, an authority's, and a client's that it signed. */
import { makeAuthority, makeCertificate } from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { clientId } from '../servers/request.ts'

export interface BenchCertificates {
  readonly server: Pem
  readonly client: Pem
  readonly authority: string
  readonly subject: string
}

interface Pem {
  readonly cert: string
  readonly key: string
}

export const makeCertificates = (): BenchCertificates => {
  const authority = makeAuthority('bench authority')
  const server = makeCertificate({ subject: 'server', names: [{ tag: 7, value: Buffer.from([127, 0, 0, 1]) }] })
  const client = makeCertificate({ subject: clientId, issuer: authority })
  const pem = ({ cert, key }: Pem): Pem => ({ cert, key })
  return { server: pem(server), client: pem(client), authority: authority.cert, subject: `CN=${clientId}` }
}
