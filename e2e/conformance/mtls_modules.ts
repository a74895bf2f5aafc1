/** The modules of the suite that there are for mutual TLS in place of private_key_jwt and DPoP, by their names, and what it checks of TLS. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import { type HttpAnswer, jsonOf } from '../support/http.ts'
import { refused, served, turnedAway } from './expectations.ts'
import type { Module } from './module.ts'
import type { MtlsSetting } from './mtls_setting.ts'

type Run = Module<MtlsSetting>['run']

const boundToken = (answer: HttpAnswer): string => {
  assert.equal(answer.status, 200, answer.body)
  const { access_token, token_type } = jsonOf(answer)
  assert.equal(token_type, 'Bearer')
  return String(access_token)
}

const discovery: Run = async ({ issuer, tokenEndpoint, readMetadata }) => {
  const metadata = jsonOf(await readMetadata())
  assert.equal(metadata.issuer, issuer)
  assert.equal(metadata.token_endpoint, tokenEndpoint)
  assert.equal(metadata.tls_client_certificate_bound_access_tokens, true)
  const methods = metadata.token_endpoint_auth_methods_supported
  assert.ok(Array.isArray(methods) && methods.includes('tls_client_auth'))
  for (const method of methods) assert.match(method, /^(?:private_key_jwt|(?:self_signed_)?tls_client_auth)$/)
}

const happyFlow: Run = async ({ client, client2, askToken, callResource }) => {
  for (const { clientId, certificate } of [client, client2]) {
    const token = boundToken(await askToken(clientId, certificate))
    const answer = await callResource(token, certificate)
    served(answer)
    assert.equal(answer.body, clientId)
  }
}

const caseOfType: Run = async ({ client, askToken, callResource }) => {
  const token = boundToken(await askToken(client.clientId, client.certificate))
  for (const scheme of ['bEARER', 'bearer', 'BEARER']) served(await callResource(token, client.certificate, scheme))
}

const clientIdOfAnother: Run = async ({ client, client2, askToken }) => {
  refused(await askToken(client2.clientId, client.certificate), 'invalid_client')
}

/** Whether a handshake succeeds, and with what. */
const handshake = async ({ issuer, ca }: MtlsSetting, options: ConnectionOptions): Promise<string | undefined> => {
  const { hostname: host, port } = new URL(issuer)
  const socket = connect({ host, port: Number(port), ca, ...options })
  try {
    await once(socket, 'secureConnect')
    return socket.getCipher().standardName
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}

const noHolderOfKey: Run = async (setting) => {
  refused(await setting.askToken(setting.client.clientId, undefined), 'invalid_client', 'invalid_request')
  const tls12 = { maxVersion: 'TLSv1.2' } as const
  assert.match((await handshake(setting, {})) ?? '', /^TLS_AES_/)
  assert.match((await handshake(setting, tls12)) ?? '', /^TLS_ECDHE_ECDSA_WITH_AES_(?:128|256)_GCM_SHA(?:256|384)$/)
  for (const ciphers of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES128-CCM']) {
    assert.equal(await handshake(setting, { ...tls12, ciphers }), undefined, ciphers)
  }
  // at this level OpenSSL would itself speak the older versions
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
  assert.equal(await handshake(setting, old), undefined)
}

const tokenOfAnother: Run = async ({ client, client2, askToken, callResource }) => {
  const token = boundToken(await askToken(client.clientId, client.certificate))
  turnedAway(await callResource(token, client2.certificate), 'with the certificate of another client')
  turnedAway(await callResource(token, undefined), 'without a certificate')
}

const modules: Readonly<Record<string, readonly [checks: string, run: Run]>> = {
  'fapi2-security-profile-final-discovery-end-point-verification': [
    'metadata: issuer, token endpoint, tls_client_auth, certificate-bound tokens',
    discovery,
  ],
  'fapi2-security-profile-final-happy-flow': [
    'two clients get a token bound to their certificate and use it at the resource',
    happyFlow,
  ],
  'fapi2-security-profile-final-access-token-type-header-case-sensitivity': [
    'the scheme of the Authorization header in any case of letters',
    caseOfType,
  ],
  'fapi2-security-profile-final-ensure-client-id-in-token-endpoint': [
    'client 2 named, with the certificate of client 1 → invalid_client',
    clientIdOfAnother,
  ],
  'fapi2-security-profile-final-ensure-holder-of-key-required': [
    'no certificate → no token; TLS 1.3, or 1.2 with the ciphers that BCP 195 recommends, and nothing older or weaker',
    noHolderOfKey,
  ],
  'access-token-of-another-certificate-fails': [
    'a token with another certificate, or with none → turned away at the resource',
    tokenOfAnother,
  ],
}

export const mtlsModules: readonly Module<MtlsSetting>[] = Object.entries(modules).map(([name, [checks, run]]) => ({
  name,
  checks,
  run,
}))
