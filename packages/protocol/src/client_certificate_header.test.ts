import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type ClientCertificateFormat,
  clientCertificateHeaders,
  maxCertificateHeaderLength,
  parseClientCertificateChain,
  parseClientCertificateHeader,
} from './client_certificate_header.ts'

const formats = Object.keys(clientCertificateHeaders) as readonly ClientCertificateFormat[]
// not a certificate: only its bytes count here, and these give + and / in base64
const der = Uint8Array.from({ length: 100 }, (_, at) => (at * 251 + 62) % 256)
const base64 = Buffer.from(der).toString('base64')
assert.ok(base64.includes('+') && base64.includes('/') && base64.endsWith('='))

const pemOf = (bytes: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
const albEscape = (text: string) =>
  encodeURIComponent(text).replace(/%2B/g, '+').replace(/%2F/g, '/').replace(/%3D/g, '=')
const pem = pemOf(der)
const stranger = pemOf(Uint8Array.of(1, 2, 3))
const write: Readonly<Record<ClientCertificateFormat, (pem: string) => string>> = {
  rfc9440: () => `:${base64}:`,
  nginx: encodeURIComponent,
  envoy: (pem) => `Hash=468e;Cert="${encodeURIComponent(pem)}";Subject="CN=a;b,c=\\"d\\"";URI=spiffe://a/b`,
  haproxy: () => base64,
  aws_alb: albEscape,
}

const read = (format: ClientCertificateFormat, value: string) => parseClientCertificateHeader(format, value)
const isCertificate = (format: ClientCertificateFormat, value: string) => assert.deepEqual(read(format, value), der)
const isNone = (format: ClientCertificateFormat, value: string) => assert.equal(read(format, value), undefined, value)

describe('parseClientCertificateHeader', () => {
  for (const format of formats) {
    it(`checklist 19: the certificate as ${format} writes it`, () => {
      isCertificate(format, write[format](pem))
      isCertificate(format, ` ${write[format](pem)} `)
    })

    it(`checklist 19: ${format}: nothing, rubbish and a value without end are no certificate, and never an exception`, () => {
      const good = write[format](pem)
      for (const value of ['', ' ', '-', '(null)', '%', '%zz', good.slice(0, 31), `"${good}`]) isNone(format, value)
      isNone(format, good + ' '.repeat(maxCertificateHeaderLength))
      fc.assert(fc.property(fc.string(), (text) => isNone(format, `!${text}`)))
    })
  }

  it('checklist 19: a header full of white space costs no more than any other', () => {
    const blank = ' '.repeat(maxCertificateHeaderLength - 100)
    const startedMs = performance.now()
    isNone('envoy', `a=${blank}"`)
    isNone('envoy', `Cert="-----BEGIN CERTIFICATE-----${blank}x"`)
    isNone('nginx', `-----BEGIN CERTIFICATE-----${blank}x`)
    isNone('nginx', `-----BEGIN CERTIFICATE-----${blank}x${blank}-----END`)
    isNone('aws_alb', `-----BEGIN CERTIFICATE-----${blank}=-`)
    const elapsedMs = performance.now() - startedMs
    assert.ok(elapsedMs < 250, `${elapsedMs} ms`)
  })

  it('RFC 9440 §2.1: a byte sequence, and nothing else', () => {
    for (const value of [
      base64,
      `:${base64}`,
      `:${base64}:;a=1`,
      `:${base64}:, :${base64}:`,
      `"${base64}"`,
      '::',
      `:${base64.replace(/=/g, '')}:`,
    ]) {
      isNone('rfc9440', value)
    }
    isNone('rfc9440', `:${Buffer.from(der).toString('base64url')}:`)
    isNone('rfc9440', `:${base64.slice(0, 8)} ${base64.slice(8)}:`)
  })

  it('nginx: one certificate; A5: an extra one is not passed over', () => {
    isNone('nginx', encodeURIComponent(pem + stranger))
    isNone('nginx', encodeURIComponent(stranger + pem).slice(1))
    isNone('nginx', pem.replaceAll('CERTIFICATE', 'PUBLIC KEY'))
    isNone('nginx', encodeURIComponent(`x${pem}`))
    isCertificate('nginx', encodeURIComponent(pem.replaceAll('\n', '\r\n')))
    isCertificate('nginx', pem.replaceAll('\n', ' '))
  })

  it('AWS ALB: + is a letter of base64 and no space; A5: of a chain the first is the client’s', () => {
    isCertificate('aws_alb', albEscape(pem + stranger))
    assert.notDeepEqual(read('aws_alb', albEscape(stranger + pem)), der)
    isNone('aws_alb', albEscape(`x${pem}`))
  })

  it('Envoy: the element of the nearest proxy, which is the last; A5: what a client put before it is not read', () => {
    const element = write.envoy(pem)
    isCertificate('envoy', `${write.envoy(stranger)},${element}`)
    isCertificate('envoy', `Subject="Cert=\\"x\\",Cert=x",${element}`)
    isCertificate('envoy', `By=spiffe://b;cert=${encodeURIComponent(pem)}`)
    isNone('envoy', `${element},By=spiffe://b;Hash=00`)
    isNone('envoy', `${element};Cert="${encodeURIComponent(stranger)}"`)
    isNone('envoy', `${element},Subject="`)
    for (const tail of [',', ';', '"', ',,', ';x']) isNone('envoy', element + tail)
    isNone('envoy', `Chain="${encodeURIComponent(pem)}"`)
    isNone('envoy', `Subject=";${element}`.replace('Cert="', 'Cert='))
  })

  it('A5: Envoy: a quote that a client leaves open does not turn the proxy’s values into names', () => {
    // what the proxy writes about the certificate of the attacker, whose subject has a quote and a certificate in it
    const written = (subject: string) => `Hash=00;Cert="${encodeURIComponent(stranger)}";Subject="${subject}"`
    const stolen = `Cert=${encodeURIComponent(pem)}`
    for (const sent of [`${stolen};y="`, `y="`, `${stolen};y="\\`, `y=\\"`]) {
      for (const subject of ['CN=a', 'CN=\\"', `CN=\\",${stolen}`, `CN=\\",${stolen};y=\\"`, `\\";${stolen},y=`]) {
        assert.notDeepEqual(read('envoy', `${sent},${written(subject)}`), der, `${sent} ${subject}`)
      }
    }
  })

  it('HAProxy: with %{+Q} in quotes; two of them are none', () => {
    isCertificate('haproxy', `"${base64}"`)
    isNone('haproxy', `${base64}, ${base64}`)
    isNone('haproxy', base64 + base64)
  })
})

describe('parseClientCertificateChain', () => {
  const other = Uint8Array.of(1, 2, 3)
  const item = `:${base64}:`

  it('RFC 9440 §2.3: a list of byte sequences, whole or not at all', () => {
    assert.deepEqual(parseClientCertificateChain('rfc9440', `${item}, :AQID:`), [der, other])
    assert.deepEqual(parseClientCertificateChain('rfc9440', item), [der])
    for (const value of ['', `${item},`, `${item}, nothing`, `${item};a=1`, item.repeat(1_000)]) {
      assert.deepEqual(parseClientCertificateChain('rfc9440', value), [], value.slice(0, 40))
    }
  })

  it('AWS ALB: what follows the client’s own certificate', () => {
    assert.deepEqual(parseClientCertificateChain('aws_alb', albEscape(`${pem}${stranger}${pem}`)), [other, der])
    assert.deepEqual(parseClientCertificateChain('aws_alb', albEscape(pem)), [])
    assert.deepEqual(parseClientCertificateChain('aws_alb', albEscape(`${pem}${stranger}rest`)), [])
    assert.deepEqual(parseClientCertificateChain('aws_alb', '%'), [])
  })

  it('the other forms have none', () => {
    for (const format of ['nginx', 'envoy', 'haproxy'] as const) {
      assert.deepEqual(parseClientCertificateChain(format, write[format](pem)), [])
    }
  })
})
