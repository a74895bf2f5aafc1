/** A key for a client that has none: the private half into a file that only its owner can read, the public half to register. RFC 7517, RFC 7638. */
import { generateKeyPairSync } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { jwkThumbprint } from '@credence/jwt'
import { CliError } from '../cli_error.ts'

export interface GeneratedKey {
  readonly publicJwk: Readonly<Record<string, unknown>>
  /** Removes the file, for when nobody knows the public half. */
  readonly undo: () => Promise<void>
}

/** @throws {CliError} `key_not_written`: never over a file that is there */
export const generateKey = async (file: string): Promise<GeneratedKey> => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  const { d: _private, ...publicMembers } = jwk
  const named = { kid: jwkThumbprint(publicMembers), alg: 'ES256', use: 'sig' }
  try {
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify({ ...jwk, ...named })}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    const why = isThere ? 'it exists already; move it away' : error instanceof Error ? error.message : String(error)
    throw new CliError('key_not_written', `${file}: ${why}. Nothing was registered.`, { cause: error })
  }
  return { publicJwk: { ...publicMembers, ...named }, undo: () => rm(file, { force: true }) }
}
