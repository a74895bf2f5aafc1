/** What a server of this benchmark is told on its command line: which guard to have, and whose tokens to trust. */
import { createResourceServer } from '@credence/verifier'
import { audience, scope } from './guarded.ts'

const [, , guardName = '', issuer = ''] = process.argv

export { issuer }

/** @throws when there is no such guard: a server without one would look fast. */
export const guardOf = <Guard>(guards: Readonly<Record<string, () => Guard>>): Guard => {
  const create = guards[guardName]
  if (create === undefined) throw new Error(`no such guard: ${guardName}`)
  return create()
}

export const createOrders = () => createResourceServer({ resource: audience, issuers: [{ issuer }] })
export const readOrders = { all: [scope] }
