/** The texts of a declarative source: a file, or the files of a folder. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type ReferencedFiles, readReferencedFiles, resolveReferenced } from './referenced_files.ts'

export interface SourceText {
  /** What people call it: its path, or `-`. */
  readonly name: string
  readonly text: string
  /** What its clients refer to by jwks_file and certificate_file. */
  readonly files?: ReferencedFiles
}

const maxFiles = 500
const maxBytes = 4 * 1024 * 1024

/**
 * Reads a file, or the files of a folder whose names end in .yaml, .yml or .json, in the order of their names.
 *
 * Hidden files are passed over, and so is what is below the folder: a mounted ConfigMap keeps its versions there.
 *
 * @throws {Error} when there is nothing to read, or more than can be
 */
export const readSourceTexts = async (path: string): Promise<readonly SourceText[]> => {
  const paths = (await stat(path)).isDirectory() ? await listFiles(path) : [path]
  const texts: SourceText[] = []
  let bytes = 0
  for (const name of paths) {
    bytes += (await stat(name)).size
    if (bytes > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`)
    texts.push(await withReferencedFiles({ name, text: await readFile(name, 'utf8') }, dirname(name)))
  }
  // what another file refers to is no declaration, though it may stand beside them and end in .json
  const referenced = new Set(
    texts.flatMap(({ name, files = {} }) =>
      Object.keys(files).map((path) => resolve(resolveReferenced(path, dirname(name)))),
    ),
  )
  return texts.filter(({ name }) => !referenced.has(resolve(name)))
}

/** @param folder what the names of files in the text are relative to */
export const withReferencedFiles = async (source: SourceText, folder: string): Promise<SourceText> => {
  const files = await readReferencedFiles(source.text, folder)
  return Object.keys(files).length === 0 ? source : { ...source, files }
}

const listFiles = async (folder: string): Promise<readonly string[]> => {
  const names = (await readdir(folder)).filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name)).sort()
  // far more often a mount that is not there yet than a wish to have nothing
  if (names.length === 0) throw new Error(`${folder} has no .yaml, .yml or .json file`)
  if (names.length > maxFiles) throw new Error(`${folder} has more than ${maxFiles} files`)
  return names.map((name) => join(folder, name))
}
