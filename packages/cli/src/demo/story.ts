/** The steps of the demo once everything runs: a call allowed, a call refused, a secret rotated under calls, a client disabled. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenManager, TokenError } from '@credence/client'
import { pathOf } from '../management/management_client.ts'
import { clientId, type Scene, type Secret, type Tell } from './scene.ts'
import { failure, type ServiceProcess } from './service_process.ts'

export const showCalls = async ({ job }: Scene, tell: Tell): Promise<void> => {
  const [, readStatus, writeStatus, error] = await job.waitFor(/^run 1: GET \S+ (\d+) .*POST \S+ (\d+) ?(.*)$/)
  if (readStatus !== '200') throw failure(`GET /jobs must answer 200, and answered ${readStatus}`)
  tell('A got a token and called GET /jobs: 200. B checked the token by itself, with the public keys of the server.')
  if (writeStatus !== '403' || error !== 'insufficient_scope') {
    throw failure(`POST /jobs must answer 403 insufficient_scope, and answered ${writeStatus} ${error}`)
  }
  tell('A called POST /jobs with the same token: 403 insufficient_scope. It was not granted jobs:write.')
}

/** How many runs are watched before and after the old secret goes. Three times as many tokens are what findings notice. */
const watchedRuns = 45

export const rotateSecret = async (scene: Scene, tell: Tell): Promise<void> => {
  const { management, job, orders, firstSecret } = scene
  await waitForRuns(job, watchedRuns)
  const secondSecret = await management.post<Secret>(pathOf`/clients/${clientId}/credentials`, { label: 'second' })
  tell(`Rotation, while A goes on calling: a second secret is there, ${secondSecret.credential_id}. Both work.`)

  await scene.replaceSecret(secondSecret.client_secret)
  await orders.waitFor(new RegExp(`with ${secondSecret.credential_id}$`), orders.lines.length)
  tell('The new secret is in the file that A reads: A uses it from its next token on, without a restart.')

  await waitForRuns(job, watchedRuns)
  await management.delete(pathOf`/clients/${clientId}/credentials/${firstSecret.credential_id}`)
  await checkRefused(scene, firstSecret)
  tell(`The old secret is revoked, ${firstSecret.credential_id}: whoever asks with it now gets invalid_client.`)

  await waitForRuns(job, watchedRuns)
}

/** What is left for whoever looks after all this: a log that nobody can change unseen, and what should be looked at. */
export const showOversight = async ({ run }: Scene, tell: Tell): Promise<void> => {
  const { ok, records } = (await run('audit', 'verify')) as { readonly ok: boolean; readonly records: number }
  if (!ok) throw failure('the audit log does not verify')
  tell(
    `credence audit verify: the ${records} records of who changed what are whole; one that is altered or missing shows.`,
  )

  const { items } = (await run('findings')) as { readonly items: readonly FindingDocument[] }
  // there is none when the hour has just turned: then there are two hours, with few tokens in each
  const finding = items.find(({ kind }) => kind === 'tokens_not_cached')
  tell(
    finding === undefined
      ? 'credence findings: nothing to look at.'
      : `credence findings has noticed A, which gets a new token for every call here: ${finding.evidence}.`,
  )
}

interface FindingDocument {
  readonly kind: string
  readonly evidence: string
}

/** How long B may take to hear that A is disabled, before something is wrong. Milliseconds. */
const hearingMs = 10_000

/** A token that is out already ends with its client. */
export const disableClient = async (scene: Scene, tell: Tell): Promise<void> => {
  const { issuer, management, secretFile } = scene
  const tokens = createTokenManager({ issuer, clientId, clientSecret: () => readFile(secretFile, 'utf8') })
  const { accessToken } = await tokens.getToken()
  tokens.close()
  const before = await callWith(scene, accessToken)
  if (before.status !== 200)
    throw failure(`GET /jobs must answer 200 before A is disabled, and answered ${before.status}`)

  const startedAt = performance.now()
  await management.patch(pathOf`/clients/${clientId}`, { disabled: true })
  let answer = await callWith(scene, accessToken)
  while (answer.status === 200 && performance.now() - startedAt < hearingMs) {
    await sleep(1)
    answer = await callWith(scene, accessToken)
  }
  const took = Math.ceil(performance.now() - startedAt)
  const { status, error } = answer
  if (status !== 401)
    throw failure(`B must refuse the token of a disabled client, and answered ${status} after ${took} ms`)
  tell(
    `A is disabled: ${took} ms later B refused the token that A still held, ${status} ${error}, minutes before it expires.`,
  )
}

const callWith = async ({ ordersUrl }: Scene, accessToken: string) => {
  const answer = await fetch(`${ordersUrl}/jobs`, { headers: { authorization: `Bearer ${accessToken}` } })
  const { error = '' } = (await answer.json()) as { readonly error?: string }
  return { status: answer.status, error }
}

const waitForRuns = async (job: ServiceProcess, count: number): Promise<void> => {
  for (let seen = 0; seen < count; seen++) await job.waitFor(/^run \d+: /, job.lines.length)
}

const checkRefused = async ({ issuer }: Scene, { client_secret: clientSecret }: Secret): Promise<void> => {
  const tokens = createTokenManager({ issuer, clientId, clientSecret })
  const outcome = await tokens.getToken().then(
    () => 'a token',
    (error: unknown) => (error instanceof TokenError ? error.code : String(error)),
  )
  tokens.close()
  if (outcome !== 'invalid_client') throw failure(`the revoked secret must get invalid_client, and got ${outcome}`)
}
