/** The files that clients of a declarative source refer to, keys and certificates, and how they come into the document. RFC 7517 §5. */
import { readFile, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { isJsonObject, type JsonObject } from '@credence/jwt'
import { parseAllDocuments } from 'yaml'
import { type Fault, pointerTo } from './fault.ts'

/** By path as it stands in the source: the text, or why there is none. */
export type ReferencedFiles = Readonly<Record<string, { readonly text: string } | { readonly fault: string }>>

const maxBytes = 64 * 1024
const maxFiles = 4_000

/**
 * Reads what the clients of a source text refer to, from its own folder and below.
 *
 * A text that cannot be parsed refers to nothing: whoever parses it says so.
 */
export const readReferencedFiles = async (text: string, folder: string): Promise<ReferencedFiles> => {
  const files: Record<string, { readonly text: string } | { readonly fault: string }> = {}
  for (const path of findPaths(text).slice(0, maxFiles)) files[path] = await readOne(path, folder)
  return files
}

/** Where a path of a source leads. */
export const resolveReferenced = (path: string, folder: string): string => join(folder, path)

const members = ['jwks_file', 'certificate_file'] as const

const findPaths = (text: string): readonly string[] => {
  if (!members.some((member) => text.includes(member))) return []
  try {
    const documents = [...parseAllDocuments(text)].map((document) => document.toJS() as unknown)
    const entries = documents.flatMap((document) =>
      isJsonObject(document) && Array.isArray(document.clients) ? document.clients.filter(isJsonObject) : [],
    )
    const paths = entries.flatMap((entry) => members.map((member) => entry[member]))
    return [...new Set(paths.filter((path) => typeof path === 'string'))]
  } catch {
    return []
  }
}

const readOne = async (path: string, folder: string): Promise<ReferencedFiles[string]> => {
  // who may write the source does not thereby read the rest of the machine
  const plain = normalize(path)
  if (plain.startsWith('/') || plain.split(/[\\/]/).includes('..')) {
    return { fault: 'must be at or below the folder of the file that names it' }
  }
  const file = resolveReferenced(path, folder)
  try {
    if ((await stat(file)).size > maxBytes) return { fault: `is larger than ${maxBytes} bytes` }
    return { text: await readFile(file, 'utf8') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return { fault: `cannot be read (${code}): ${file}` }
  }
}

export interface Inlined {
  readonly entry: unknown
  /** By pointer from the entry. */
  readonly faults: readonly Fault[]
}

/** The entry of a client with the content of files in place of their names, which stay where there is a fault. Nothing of a content is in one. */
export const inlineFiles = (entry: unknown, files: ReferencedFiles): Inlined => {
  if (!isJsonObject(entry)) return { entry, faults: [] }
  const faults: Fault[] = []
  const put = (found: JsonObject, member: (typeof members)[number], parse: (text: string) => unknown): JsonObject => {
    const { [member]: path, ...rest } = found
    if (typeof path !== 'string') return found
    const target = member.replace('_file', '')
    const fail = (detail: string) => {
      faults.push({ pointer: pointerTo(member), detail: `${member} ${detail}` })
      return found
    }
    if (rest[target] !== undefined) return fail(`and ${target}: give one of them`)
    const file = Object.hasOwn(files, path) ? files[path] : undefined
    if (file === undefined) return fail('cannot be read')
    if ('fault' in file) return fail(file.fault)
    try {
      return { ...rest, [target]: parse(file.text) }
    } catch (error) {
      return fail(error instanceof UnfitKeys ? error.message : 'is no JSON')
    }
  }
  return { entry: put(put(entry, 'jwks_file', parseKeys), 'certificate_file', String), faults }
}

class UnfitKeys extends Error {}

/** A JWK set, or a single JWK. */
const parseKeys = (text: string): unknown => {
  const parsed: unknown = JSON.parse(text)
  const set = isJsonObject(parsed) && 'kty' in parsed ? { keys: [parsed] } : parsed
  if (!isJsonObject(set) || !Array.isArray(set.keys)) throw new UnfitKeys('is no JWK set: {"keys":[…]}')
  if (set.keys.some((key) => isJsonObject(key) && ('d' in key || 'k' in key))) {
    throw new UnfitKeys('has a private key in it: it stays where it is used, the file takes its public half')
  }
  return set
}
