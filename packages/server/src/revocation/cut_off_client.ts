/** Disabling or deleting a client denies the tokens that it has, in the same transaction. */
import type { Stores } from '@credence/storage'
import { cutoffForGood } from './new_revocation.ts'

export interface CutOffClient {
  readonly issuer: string
  readonly clientId: string
  /** Epoch seconds. */
  readonly now: number
}

/** A client that is enabled again, or made again, within five seconds gets tokens that are denied until these have passed. */
export const cutOffClient = async (
  { revocations }: Pick<Stores, 'revocations'>,
  { issuer, clientId, now }: CutOffClient,
): Promise<void> => {
  await revocations.append(cutoffForGood({ issuer, clientId }, now))
}
