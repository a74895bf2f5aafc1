/** The keys that opaque access tokens are sealed with: numbered, so that a new one can take over while the older go on opening. */
import type { Clock, Randomness } from '@credence/protocol'
import type { SealedKeyStore } from '@credence/storage'
import type { OpaqueTokenKey } from '../minting/opaque_token.ts'
import type { Sealer } from './sealing.ts'
import { serverKeyContext } from './server_keys.ts'

export interface OpaqueTokenKeyDeps {
  readonly store: SealedKeyStore
  readonly sealer: Sealer
  readonly clock: Clock
  readonly randomness: Randomness
}

const purposeOf = (number: number) => `opaque_token_${number}`
const purpose = /^opaque_token_([1-9]\d{0,5})$/

/** Opens the keys, making the first where there is none. @throws {UnsealError} when the master key is another. */
export const loadOpaqueTokenKeys = async (deps: OpaqueTokenKeyDeps): Promise<readonly OpaqueTokenKey[]> => {
  const stored = await deps.store.list()
  const keys = stored.flatMap((key) => {
    const number = purpose.exec(key.purpose)?.[1]
    return number === undefined
      ? []
      : [{ number: Number(number), key: deps.sealer.open(key.sealed, serverKeyContext(key.purpose)) }]
  })
  return keys.length > 0 ? keys : [await makeFirst(deps)]
}

/** Of any number of replicas that start at once, one has its key stored, and all use that one. */
const makeFirst = async ({ store, sealer, clock, randomness }: OpaqueTokenKeyDeps): Promise<OpaqueTokenKey> => {
  const purpose = purposeOf(1)
  const made = sealer.seal(randomness.bytes(32), serverKeyContext(purpose))
  const { sealed } = await store.createIfAbsent({ purpose, sealed: made, createdAt: clock.epochSeconds() })
  return { number: 1, key: sealer.open(sealed, serverKeyContext(purpose)) }
}
