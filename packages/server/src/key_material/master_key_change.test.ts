import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { systemRandomness } from '@credence/protocol'
import { publishedForSeconds } from './key_times.ts'
import { createOverlappingSealer, rewrapSecrets } from './master_key_change.ts'
import { createSealer, type Sealer, UnsealError } from './sealing.ts'
import { loadServerKeys } from './server_keys.ts'
import { generateSigningKey, signingKeyContext } from './signing_key.ts'
import { day, withKeys } from './testing/key_setting.ts'

const opens = (sealer: Sealer, sealed: Uint8Array, context: string): boolean => {
  try {
    sealer.open(sealed, context)
    return true
  } catch {
    return false
  }
}

/** How many places in a file the key opens, whatever the length of what is sealed there. */
const countOpened = async (file: string, sealer: Sealer, secrets: readonly { context: string; length: number }[]) => {
  const bytes = await readFile(file)
  let found = 0
  // 1 is the version byte that everything sealed begins with
  for (let at = bytes.indexOf(1); at !== -1; at = bytes.indexOf(1, at + 1)) {
    for (const { context, length } of secrets) {
      if (at + length <= bytes.length && opens(sealer, bytes.subarray(at, at + length), context)) found++
    }
  }
  return found
}

test(
  'master key: after the change the old key opens nothing that is in the file, and everything works with the new one',
  withKeys(async ({ clock, sealer: previous, file, replica }) => {
    const before = await replica()
    const ring = await before.startRing()
    await ring.signerFor('ES256')
    await ring.signerFor('EdDSA')
    clock.now += 30 * day
    await before.round()
    const serverKeys = await loadServerKeys(before.storage.sealedKeys, previous, {
      clock,
      randomness: systemRandomness,
    })
    const secrets = [
      ...(await before.store.list()).map(({ kid, sealedPrivateKey }) => ({
        context: signingKeyContext(kid),
        length: sealedPrivateKey.length,
      })),
      ...(await before.storage.sealedKeys.list()).map(({ purpose, sealed }) => ({
        context: `server key: ${purpose}`,
        length: sealed.length,
      })),
    ]
    const expected = secrets.length
    assert.ok(expected >= 6)

    const current = createSealer(randomBytes(32), systemRandomness)
    const replicaWithBoth = await replica({ sealer: createOverlappingSealer(current, previous) })
    const mixedRing = await replicaWithBoth.startRing()
    assert.equal(await rewrapSecrets(before.audit, { current, previous }), expected)
    assert.equal(await rewrapSecrets(before.audit, { current, previous }), 0)
    const [told] = await before.storage.auditEvents.list({ limit: 1, order: 'newest_first' })
    assert.deepEqual([told?.action, told?.details], ['master_key.change', { sealed_anew: expected }])
    // who has both keys goes on: with what it holds, and with what it reads now
    await mixedRing.reload()
    await mixedRing.signerFor('ES256')
    await replicaWithBoth.startRing()

    const after = await replica({ sealer: current })
    const ringAfter = await after.startRing()
    assert.deepEqual(ringAfter.document(), mixedRing.document())
    await ring.reload()
    assert.equal((await ringAfter.signerFor('ES256')).kid, (await ring.signerFor('ES256')).kid)
    const same = await loadServerKeys(after.storage.sealedKeys, current, { clock, randomness: systemRandomness })
    assert.deepEqual(same, serverKeys)

    // the last one to close the file brings the log into it and removes the log
    for (const { storage } of [before, replicaWithBoth, after]) await storage.close()
    assert.equal(await countOpened(file, current, secrets), expected, 'the search finds what is there')
    assert.equal(await countOpened(file, previous, secrets), 0)
  }),
)

test(
  'a key that is retired or revoked leaves nothing of its private half in the file',
  withKeys(async ({ clock, sealer, file, replica }) => {
    const one = await replica()
    const ring = await one.startRing()
    for (const algorithm of ['RS256', 'ES256'] as const) await ring.signerFor(algorithm)
    clock.now += 30 * day
    await one.round()
    const gone = (await one.store.list()).filter(({ status }) => status === 'active')
    assert.equal(gone.length, 2)
    clock.now += publishedForSeconds
    await one.round()
    for (const { kid, algorithm, status } of await one.store.list()) {
      if (status !== 'active') continue
      gone.push(...(await one.store.list()).filter((key) => key.kid === kid))
      await one.store.revoke(kid, await generateSigningKey(algorithm, sealer, clock.now))
    }
    await one.storage.close()
    const bytes = await readFile(file)
    assert.equal(gone.length, 4)
    for (const { algorithm, sealedPrivateKey } of gone) {
      const sealed = Buffer.from(sealedPrivateKey)
      for (let at = 0; at + 32 <= sealed.length; at += 32) {
        assert.equal(bytes.indexOf(sealed.subarray(at, at + 32)), -1, `${algorithm}: ${at} of ${sealed.length}`)
      }
    }
  }),
)

test(
  'master key: something that neither key opens stops the change, and nothing has changed',
  withKeys(async ({ sealer, replica }) => {
    const one = await replica()
    await (await one.startRing()).signerFor('ES256')
    const before = await one.store.list()
    const [current, previous] = [0, 1].map(() => createSealer(randomBytes(32), systemRandomness))
    assert.ok(current && previous)
    await assert.rejects(rewrapSecrets(one.audit, { current, previous }), UnsealError)
    assert.deepEqual(await one.store.list(), before)
    assert.equal(await rewrapSecrets(one.audit, { current: sealer, previous }), 0)
  }),
)
