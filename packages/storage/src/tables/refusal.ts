/** Why a write found no row to change. */
import { StoreError } from '../store_error.ts'

/** `stored` is the row under the key alone: there is none, or it has another revision than expected. */
export const updateRefusal = (what: string, stored: { readonly revision: number } | undefined): StoreError =>
  stored === undefined
    ? notFound(what)
    : new StoreError('revision_conflict', `${what} has changed: it is at revision ${stored.revision}`)

export const notFound = (what: string): StoreError => new StoreError('not_found', `there is no ${what}`)

export const alreadyExists = (what: string): StoreError => new StoreError('already_exists', `${what} exists already`)
