import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigurationError } from './configuration_error.ts'
import { type ConfigurationSources, resolveConfiguration } from './resolve_configuration.ts'

const nothing: ConfigurationSources = { flags: {}, environment: {}, file: undefined }

const faultsOf = (sources: Partial<ConfigurationSources>): readonly string[] => {
  try {
    resolveConfiguration({ ...nothing, ...sources })
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults
    throw error
  }
  return []
}

test('configuration: the defaults are those of the contract', () => {
  const { host, port, managementPort, managementHost, issuer, databaseUrl, data } = resolveConfiguration(nothing)
  assert.deepEqual(
    { host, port, managementHost, managementPort },
    { host: '127.0.0.1', port: 8400, managementHost: '127.0.0.1', managementPort: 8401 },
  )
  assert.deepEqual([issuer, databaseUrl], [undefined, undefined])
  assert.match(data, /credence-data$/)
})

test('configuration: a flag goes before a variable, a variable before the file', () => {
  const file = { port: 1, host: 'localhost', management_port: 'off' }
  const environment = { CREDENCE_PORT: '2', CREDENCE_HOST: '127.0.0.2' }
  const { port, host, managementPort } = resolveConfiguration({ flags: { port: '3' }, environment, file })
  assert.deepEqual([port, host, managementPort], [3, '127.0.0.2', 'off'])
})

test('configuration: every fault is listed at once, each with where it came from', () => {
  const faults = faultsOf({
    flags: { port: '70000' },
    environment: {
      CREDENCE_ISSUER: 'http://auth.example.com',
      CREDENCE_PROT: '1',
      CREDENCE_LOG_LEVEL: 'loud',
      CREDENCE_MASTER_KEY: 'short',
    },
    file: { hots: 'x', management_port: [], database_url: 'mysql://x' },
  })
  for (const expected of [
    '--port must be',
    'CREDENCE_ISSUER must be https',
    'CREDENCE_PROT',
    'CREDENCE_LOG_LEVEL must be one of',
    'CREDENCE_MASTER_KEY is not 32 bytes',
    '"hots"',
    'management_port must be a single value',
    'database_url must be a postgres',
  ]) {
    assert.ok(
      faults.some((fault) => fault.includes(expected)),
      `${expected} in ${JSON.stringify(faults)}`,
    )
  }
  assert.equal(faults.length, 8)
})

test('configuration: the value of a secret is never repeated in a fault', () => {
  const environment = { CREDENCE_DATABASE_URL: 'mysql://user:hunter2@db', CREDENCE_MASTER_KEY: 'hunter2' }
  const faults = faultsOf({ environment })
  assert.equal(faults.length, 2)
  assert.doesNotMatch(faults.join(), /hunter2/)
})

test('configuration: a secret can be given by file, not by both', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'credence-')), 'url')
  writeFileSync(file, 'postgres://db/credence\n')
  assert.equal(
    resolveConfiguration({ ...nothing, environment: { CREDENCE_DATABASE_URL_FILE: file } }).databaseUrl,
    'postgres://db/credence',
  )
  assert.equal(
    resolveConfiguration({ ...nothing, file: { database_url_file: file } }).databaseUrl,
    'postgres://db/credence',
  )
  assert.match(
    faultsOf({ environment: { CREDENCE_DATABASE_URL_FILE: file, CREDENCE_DATABASE_URL: 'postgres://x' } }).join(),
    /both given/,
  )
  assert.match(faultsOf({ environment: { CREDENCE_MASTER_KEY_FILE: '/nowhere' } }).join(), /CREDENCE_MASTER_KEY_FILE/)
})

test('A11: a listener that others can reach needs a public https issuer', () => {
  assert.match(faultsOf({ flags: { host: '0.0.0.0' } }).join(), /--issuer/)
  assert.deepEqual(faultsOf({ flags: { host: '0.0.0.0', issuer: 'https://auth.example.com' } }), [])
})

test('configuration: what Kubernetes sets for a Service called credence is no configuration', () => {
  const environment = {
    CREDENCE_PORT: 'tcp://10.0.0.1:80',
    CREDENCE_SERVICE_HOST: '10.0.0.1',
    CREDENCE_PORT_80_TCP: 'tcp://10.0.0.1:80',
  }
  assert.equal(resolveConfiguration({ ...nothing, environment }).port, 8400)
})

test('RFC 8705 §2: what TLS, client certificates and proxies need of each other', () => {
  const tls = { tlsCertificate: 'c.pem', tlsKey: 'k.pem' }
  const header = { clientCertificateHeader: 'nginx', trustedProxies: '10.0.0.0/8' }
  for (const flags of [
    tls,
    { ...tls, tlsClientCa: 'ca.pem', mtlsPort: '8443' },
    { ...header, tlsClientCa: 'ca.pem' },
  ]) {
    assert.deepEqual(faultsOf({ flags }), [])
  }
  assert.match(faultsOf({ flags: { tlsKey: 'k.pem' } }).join(), /belong together/)
  assert.match(faultsOf({ flags: { mtlsPort: '8443' } }).join(), /mtls_port needs tls_certificate/)
  assert.match(faultsOf({ flags: { ...tls, mtlsPort: 'off', tlsClientCa: 'ca.pem' } }).join(), /none is asked for/)
  assert.match(faultsOf({ flags: { clientCertificateHeader: 'nginx' } }).join(), /believed from nobody/)
  assert.match(faultsOf({ flags: { ...header, clientCertificateHeader: 'apache' } }).join(), /rfc9440, nginx, envoy/)
  assert.match(faultsOf({ flags: { ...header, trustedProxies: 'lb.internal' } }).join(), /addresses or networks/)
  assert.match(faultsOf({ flags: { ...tls, mtlsUrl: 'http://mtls.example.com' } }).join(), /https URL/)
  const { clientCertificateHeader } = resolveConfiguration({
    ...nothing,
    flags: { ...header, clientCertificateHeader: 'haproxy:X-SSL' },
  })
  assert.deepEqual(clientCertificateHeader, { format: 'haproxy', name: 'x-ssl' })
})
