/** Walks a rotation from one secret to the next: add, wait until only the new one is seen, revoke. */
import { CliError } from '../cli_error.ts'
import type { CredentialApi, NewCredentialDocument, NewSecret } from './credential_api.ts'
import { type RotationState, type RotationTerms, readRotationState } from './rotation_state.ts'

export interface RotationReport {
  added(secret: NewCredentialDocument, state: RotationState): void
  resumed(state: RotationState): void
  /** Called at every look; says as little of it as is worth saying. */
  status(state: RotationState): void
  /** The server did not answer; it is asked again. */
  away(reason: string): void
  revoked(credential: string): void
  done(state: RotationState): void
}

export interface Rotation {
  readonly client: string
  readonly secret: NewSecret
  readonly terms: RotationTerms
  /** Goes on with the newest secret that there is, and adds none. */
  readonly resume: boolean
}

export interface RotationDeps {
  readonly credentials: CredentialApi
  readonly report: RotationReport
  /** Whether the older ones may be revoked now. */
  readonly confirm: (state: RotationState) => Promise<boolean>
  /** Rejects when the rotation is interrupted. */
  readonly sleep: (milliseconds: number) => Promise<void>
}

const lookMs = 2_000
/** A week: whoever waits longer takes it up again with --resume. */
const maxLooks = (7 * 24 * 3_600_000) / lookMs
/** The server may be away for ten minutes. */
const maxAway = 600_000 / lookMs

/**
 * Nothing is revoked before the new one was used and the older ones were not for the stated time. Wherever it is interrupted, every
 * secret that worked goes on working.
 *
 * @throws {CliError} `not_confirmed`, `rotation_lost` when somebody revoked the new one, `no_credential`, `too_long`, or of the server
 */
export const rotate = async ({ client, secret, terms, resume }: Rotation, deps: RotationDeps): Promise<void> => {
  const { credentials, report } = deps
  const look = async (nextId?: string) => readRotationState(await credentials.list(client), terms, nextId)

  checkRetire(terms.retire ?? [], await credentials.list(client))
  const added = resume ? undefined : await credentials.add(client, secret)
  let state = await look(added?.credential_id)
  if (state === undefined)
    throw new CliError('no_credential', `${client} has no credential that works: nothing to resume`)
  const nextId = state.next.credential_id
  if (added === undefined) report.resumed(state)
  else report.added(added, state)

  for (;;) {
    state = await waitUntilQuiet(state, { look: () => look(nextId), ...deps })
    if (state.older.length === 0) return report.done(state)
    if (!(await deps.confirm(state))) throw new CliError('not_confirmed', 'not revoked: every secret goes on working')
    // whatever was used while somebody thought about it is seen here
    state = checkNotLost(await look(nextId), nextId)
    if (state.waits.length === 0) break
  }
  for (const { credential_id: id } of state.older) {
    await credentials.revoke(client, id)
    report.revoked(id)
  }
  report.done(state)
}

/** Before anything is made: a mistyped id would make a rotation that retires nothing. */
const checkRetire = (retire: readonly string[], credentials: readonly { readonly credential_id: string }[]): void => {
  const unknown = retire.filter((id) => !credentials.some(({ credential_id: known }) => known === id))
  if (unknown.length > 0) throw new CliError('not_found', `not a credential of this client: ${unknown.join(' ')}`)
}

interface Waiting extends RotationDeps {
  readonly look: () => Promise<RotationState | undefined>
}

const waitUntilQuiet = async (first: RotationState, { look, report, sleep }: Waiting): Promise<RotationState> => {
  let state = first
  let away = 0
  for (let looks = 0; looks < maxLooks; looks++) {
    if (state.waits.length === 0) return state
    report.status(state)
    await sleep(lookMs)
    try {
      state = checkNotLost(await look(), first.next.credential_id)
      away = 0
    } catch (error) {
      if (!isAway(error) || ++away > maxAway) throw error
      report.away(error.message)
    }
  }
  throw new CliError('too_long', 'the older ones are still in use after a week')
}

const checkNotLost = (state: RotationState | undefined, nextId: string): RotationState => {
  if (state !== undefined) return state
  throw new CliError('rotation_lost', `${nextId}, the new one, does not work any more: nothing was revoked`)
}

const awayCodes = new Set([
  'no_server',
  'unreachable',
  'unavailable',
  'temporarily_unavailable',
  'network_error',
  'timeout',
])

const isAway = (error: unknown): error is CliError => error instanceof CliError && awayCodes.has(error.code)
