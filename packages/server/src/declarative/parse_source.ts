/** Parses the texts of a declarative source into one document in which every place has its line. YAML 1.2. */
import { type Document, isCollection, isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml'
import { inlineFiles, type ReferencedFiles } from './referenced_files.ts'
import type { SourceText } from './source_texts.ts'

/** A fault for people: `credence.yaml:3:5` and what is wrong there. */
export interface LocatedFault {
  readonly place: string
  readonly detail: string
}

export interface DeclarativeSource {
  /** All texts together: an entry can stand in any of them. Not checked against the schema. */
  readonly document: Readonly<Record<string, unknown>>
  /** What cannot be read as YAML. With any, the document is not complete. */
  readonly faults: readonly LocatedFault[]
  /**
   * Faults by JSON pointer as faults by file and line, in the order of the lines.
   *
   * What could not be read of the files that clients refer to is refused wherever the document is applied; why, is said here.
   */
  locate(faults: readonly { readonly pointer: string; readonly detail: string }[]): readonly LocatedFault[]
}

/** A parsed YAML document, and how its places are called. */
interface Part {
  readonly document: Document
  readonly files: ReferencedFiles
  readonly placeAt: (offset: number) => string
}

/** Which entry of which part. */
interface Origin {
  readonly part: Part
  readonly path: readonly (string | number)[]
}

export const parseSource = (texts: readonly SourceText[]): DeclarativeSource => {
  const parts = texts.flatMap(parseText)
  const faults = parts.flatMap(faultsOf)
  const members = new Map<string, unknown>()
  const origins = new Map<string, Origin>()
  for (const part of faults.length > 0 ? [] : parts) {
    const content: unknown = part.document.toJS() ?? {}
    for (const [key, value] of Object.entries(content as object)) addMember({ members, origins }, { part, key, value })
  }

  const fallback = `${texts[0]?.name ?? '-'}:1:1`
  const unreadable = new Map(inlineInto(members, origins).map(({ pointer, detail }) => [pointer, detail]))
  return {
    document: Object.fromEntries(members),
    faults,
    locate: (found) =>
      found
        .map(({ pointer, detail }) => ({
          place: placeOf(pointer, origins) ?? fallback,
          detail: unreadable.get(pointer) ?? detail,
        }))
        .sort((one, other) => one.place.localeCompare(other.place, 'en', { numeric: true })),
  }
}

/** Puts the content of files where clients refer to them. */
const inlineInto = (
  members: Map<string, unknown>,
  origins: ReadonlyMap<string, Origin>,
): readonly { readonly pointer: string; readonly detail: string }[] => {
  const clients = members.get('clients')
  if (!Array.isArray(clients)) return []
  const inlined = clients.map((client, index) =>
    inlineFiles(client, origins.get(`/clients/${index}`)?.part.files ?? {}),
  )
  members.set(
    'clients',
    inlined.map(({ entry }) => entry),
  )
  return inlined.flatMap(({ faults }, index) =>
    faults.map(({ pointer, detail }) => ({ pointer: `/clients/${index}${pointer}`, detail })),
  )
}

const parseText = ({ name, text, files = {} }: SourceText): readonly Part[] => {
  const lineCounter = new LineCounter()
  const placeAt = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset)
    return `${name}:${line}:${col}`
  }
  return [...parseAllDocuments(text, { lineCounter, prettyErrors: false })].map((document) => ({
    document,
    files,
    placeAt,
  }))
}

const faultsOf = ({ document, placeAt }: Part): readonly LocatedFault[] => {
  const faults = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    place: placeAt(pos[0]),
    detail: message,
  }))
  if (faults.length > 0) return faults
  const { contents } = document
  const isNothing = contents === null || (isScalar(contents) && contents.value === null)
  if (!isNothing && !isMap(contents))
    return [{ place: placeAt(contents.range?.[0] ?? 0), detail: 'must be a mapping with apis, clients or both' }]
  try {
    document.toJS()
    return []
  } catch (error) {
    // an alias to nothing, or aliases that multiply
    return [
      { place: placeAt(contents?.range?.[0] ?? 0), detail: error instanceof Error ? error.message : 'cannot be read' },
    ]
  }
}

interface Collected {
  readonly members: Map<string, unknown>
  readonly origins: Map<string, Origin>
}

/** Lists of the same name follow each other. */
const addMember = (
  { members, origins }: Collected,
  { part, key, value }: { readonly part: Part; readonly key: string; readonly value: unknown },
): void => {
  const before = members.get(key)
  const isContinued = Array.isArray(before) && Array.isArray(value)
  members.set(key, isContinued ? [...before, ...value] : value)
  origins.set(`/${key}`, { part, path: [key] })
  if (!Array.isArray(value)) return
  for (const index of value.keys()) {
    origins.set(`/${key}/${(isContinued ? before.length : 0) + index}`, { part, path: [key, index] })
  }
}

const placeOf = (pointer: string, origins: ReadonlyMap<string, Origin>): string | undefined => {
  const [, list = '', index = '', ...rest] = pointer.split('/').map(unescapePart)
  const entry = origins.get(`/${list}/${index}`)
  const origin = entry ?? origins.get(`/${list}`)
  if (origin === undefined) return undefined
  return origin.part.placeAt(offsetOf(origin.part.document, [...origin.path, ...(entry ? rest : [index, ...rest])]))
}

/** RFC 6901 §4. */
const unescapePart = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

/** Where a path begins, or the deepest part of it that is there: a missing member is missing from its parent. */
const offsetOf = (document: Document, path: readonly (string | number)[]): number => {
  let offset = document.contents?.range?.[0] ?? 0
  let node: unknown = document.contents
  for (const part of path) {
    if (!isCollection(node)) break
    // of a member its key: that is what somebody looks for
    const pair = isMap(node) ? node.items.find(({ key }) => String(key) === part) : undefined
    node = pair?.value ?? node.get(isMap(node) ? part : Number(part), true)
    const found = pair?.key ?? node
    offset = (found as { readonly range?: readonly number[] } | undefined)?.range?.[0] ?? offset
  }
  return offset
}
