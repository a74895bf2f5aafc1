/** The one way in which the management API writes: a change and the record of who made it, in one transaction. */
import type { Stores } from '@credence/storage'
import type { AuditLog, NewAuditEvent } from '../audit/audit_log.ts'
import type { Caller } from './caller.ts'
import { Problem } from './problem.ts'

export interface Administration {
  /** What is done to what kind of thing: `client.update`. */
  readonly action: string
  /** To which one: its path below /admin/v1/, made with {@link subjectOf}. */
  readonly subject: string
}

export interface Administered<Result> {
  /** The documents that the API shows, so that no secret and no digest can be among them. */
  readonly before?: object | undefined
  readonly after?: object | undefined
  /** What else explains it. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly result: Result
}

/**
 * Runs a change of the management API and records it, all or nothing.
 *
 *     const api = await administer(caller, { action: 'api.create', subject: subjectOf`apis/${audience}` }, async (stores) => {
 *       await stores.apis.create(api)
 *       return { after: toDocument(api), result: api }
 *     })
 *
 * `work` must be quick and use only the stores it is given (see {@link Storage.transaction}). A change that would
 * escalate is recorded as refused; one that fails in any other way is not recorded, because nothing happened.
 *
 * @throws what `work` throws
 */
export type Administer = <Result>(
  caller: Caller,
  administration: Administration,
  work: (stores: Stores) => Promise<Administered<Result>>,
) => Promise<Result>

export const createAdminister =
  ({ audit }: { readonly audit: AuditLog }): Administer =>
  async (caller, administration, work) => {
    const event = { ...administration, ...actorOf(caller) }
    try {
      return await audit.transaction(async (stores, append) => {
        const { before, after, details, result } = await work(stores)
        append({ ...event, outcome: 'done', details: { before, after, ...details } })
        return result
      })
    } catch (error) {
      if (error instanceof Problem && error.code === 'would_escalate')
        await audit.record([{ ...event, outcome: 'refused', details: { reason: error.message } }])
      throw error
    }
  }

/** Adds the record of one of many changes. */
export type RecordChange = (administration: Administration, change: Omit<Administered<never>, 'result'>) => void

/** A plan of many changes, each with its own record, all or nothing. Otherwise as {@link Administer}. */
export type AdministerPlan = <Result>(
  caller: Caller | ServerItself,
  administration: Administration,
  work: (stores: Stores, record: RecordChange) => Promise<Result>,
) => Promise<Result>

/** What the server does of its own accord, told to by its configuration. */
export interface ServerItself {
  readonly kind: 'server'
}

export const createAdministerPlan =
  ({ audit }: { readonly audit: AuditLog }): AdministerPlan =>
  async (caller, administration, work) => {
    const actor = actorOf(caller)
    try {
      return await audit.transaction((stores, append) =>
        work(stores, (change, { before, after, details }) =>
          append({ ...change, ...actor, outcome: 'done', details: { before, after, ...details } }),
        ),
      )
    } catch (error) {
      if (error instanceof Problem && error.code === 'would_escalate')
        await audit.record([{ ...administration, ...actor, outcome: 'refused', details: { reason: error.message } }])
      throw error
    }
  }

const actorOf = (caller: Caller | ServerItself): Pick<NewAuditEvent, 'actor' | 'credentialId' | 'address'> =>
  caller.kind !== 'token'
    ? { actor: caller.kind }
    : { actor: `client:${caller.clientId}`, credentialId: caller.credentialId, address: caller.address }

/** A resource's path below /admin/v1/, its variable parts encoded: subjectOf`clients/${id}/grants/${audience}`. */
export const subjectOf = (parts: TemplateStringsArray, ...values: readonly string[]): string =>
  parts.reduce((path, part, index) => `${path}${encodeURIComponent(values[index - 1] ?? '')}${part}`)
