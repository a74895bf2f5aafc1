/** The text of a file that others replace, read again when it has changed. Node only. */
import { type FileHandle, open } from 'node:fs/promises'
import { TokenError } from '../token_error.ts'

/** A longer file than this holds no secret, key, certificate chain or token. */
export const maxFileBytes = 262_144

export interface FileText {
  readonly text: string
  /** The same for as long as the file has not changed. */
  readonly version: string
}

/**
 * Makes a function that gives the text of a file, from memory while the file has not changed.
 *
 * The file is looked up by its name each time, so that a symbolic link that was set to another file, as Kubernetes does with
 * mounted secrets, is followed to that one.
 *
 * @returns a function that throws TokenError `credential_unavailable`, which names path and reason
 */
export const watchFile = (path: string): (() => Promise<FileText>) => {
  let last: FileText | undefined
  return async () => {
    try {
      await using file = await open(path, 'r')
      const version = await versionOf(file)
      if (last?.version !== version) last = { text: await readWhole(file, path), version }
      return last
    } catch (error) {
      if (error instanceof TokenError) throw error
      throw new TokenError('credential_unavailable', `${path} cannot be read: ${reasonOf(error)}`)
    }
  }
}

const versionOf = async (file: FileHandle): Promise<string> => {
  const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(':')
}

const readWhole = async (file: FileHandle, path: string): Promise<string> => {
  const { size } = await file.stat()
  if (size > maxFileBytes) {
    throw new TokenError('credential_unavailable', `${path} has more than ${maxFileBytes} bytes: is it the right file?`)
  }
  return file.readFile('utf8')
}

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return 'there is no such file (ENOENT)'
  if (code === 'EACCES') return 'this process may not read it (EACCES)'
  return code === '' ? 'unknown reason' : code
}
