/** How many tokens bound to a certificate one core issues in a second, over kept-alive connections of mutual TLS: Credence and the limit. */
import { writeFile } from 'node:fs/promises'
import { Agent, request as startRequest } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openStorage } from '@credence/storage'
import { type Contender, connections, measureContenders, startServer } from './contenders.ts'
import { createDataFolder, registerClient, startCredence } from './credence.ts'
import { type BenchCertificates, makeCertificates } from './mtls/certificates.ts'
import { formatCount, formatRatio, type Section } from './report.ts'
import type { Measured, Plan, Target } from './rounds.ts'
import { clientId, form as grantForm } from './servers/request.ts'

const ours = 'Credence'
const limit = 'limit'
const form = `${grantForm}&client_id=${clientId}`

const targetOf = (name: string, pid: number, url: string, { client }: BenchCertificates): Target => ({
  ...{ name, pid, authorizations: [], form, connections, tls: client },
  url: url.replace('http:', 'https:'),
})

const startLimit = async (certificates: BenchCertificates): Promise<Contender> => {
  const { pid, url, stop } = await startServer(['mtls/limit.ts'], JSON.stringify(certificates))
  return { target: targetOf(limit, pid, url, certificates), stop }
}

const startOurs = async (certificates: BenchCertificates): Promise<Contender> => {
  const data = await createDataFolder()
  const files = {
    certificate: join(data, 'server.pem'),
    key: join(data, 'server.key'),
    'client-ca': join(data, 'ca.pem'),
  }
  await writeFile(files.certificate, certificates.server.cert)
  await writeFile(files.key, certificates.server.key)
  await writeFile(files['client-ca'], certificates.authority)
  const credence = await startCredence(
    data,
    Object.entries(files).flatMap(([name, path]) => [`--tls-${name}`, path]),
  )
  await registerClient(credence)
  await register(data, certificates.subject)
  const url = `${credence.publicUrl}/oauth/token`
  return { target: targetOf(ours, credence.pid, url, certificates), stop: credence.remove }
}

const register = async (data: string, subject: string): Promise<void> => {
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(data, 'credence.db') } })
  await storage.credentials.create({
    ...{ credentialId: 'cred_bench', clientId, kind: 'certificate', certificate: { by: 'subject_dn', value: subject } },
    ...{ label: undefined, createdAt: 0, expiresAt: undefined, revokedAt: undefined, lifetimeSeconds: undefined },
    ...{ lastUsedAt: undefined, lastUsedFrom: undefined, lastUsedUserAgent: undefined, replaces: undefined },
  })
  await storage.close()
}

/** @throws when a server issues nothing for the certificate, or something without one. */
const checkIssues = async ({ target: { name, url, tls } }: Contender): Promise<void> => {
  const ask = (client: Target['tls']): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': form.length }
      const agent = new Agent({ keepAlive: false })
      const request = startRequest(url, { ...client, agent, method: 'POST', headers, rejectUnauthorized: false })
      request.on('response', (response) => text(response).then(() => resolve(response.statusCode ?? 0), reject))
      request.on('error', reject)
      request.end(form)
    })
  if ((await ask(tls)) !== 200) throw new Error(`${name}: issued nothing`)
  if ((await ask(undefined)) !== 401) throw new Error(`${name}: asked for no certificate`)
}

export const runMtls = async (plan: Plan): Promise<Section> => {
  const certificates = makeCertificates()
  const starts = [() => startOurs(certificates), () => startLimit(certificates)]
  return toSection(await measureContenders(starts, checkIssues, plan), plan)
}

const toSection = (results: ReadonlyMap<string, Measured>, plan: Plan): Section => {
  const rateOf = (name: string): number => results.get(name)?.tokensPerSecond ?? Number.NaN
  const ofLimit = rateOf(ours) / rateOf(limit)
  return {
    title: 'mtls',
    columns: ['ES256, tls_client_auth, bound', 'tokens/s', 'of the limit', 'tokens per CPU second', 'p99 ms'],
    rows: [...results].map(([name, result]) => [
      name,
      formatCount(result.tokensPerSecond),
      formatRatio(result.tokensPerSecond / rateOf(limit)),
      formatCount(result.tokensPerCpuSecond),
      String(result.p99Ms),
    ]),
    aims: [{ text: 'at least 0.7 of the limit', found: formatRatio(ofLimit), met: ofLimit >= 0.7 }],
    notes: [
      `${plan.rounds} rounds of ${plan.seconds} s, medians. The limit is a bare node:https server that asks for certificates, takes the`,
      'thumbprint and signs; it does not look anything up, and compares one HMAC in place of that.',
    ],
  }
}
