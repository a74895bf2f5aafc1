/** The texts of a declarative source: a file, or the files of a folder. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface SourceText {
  /** What people call it: its path, or `-`. */
  readonly name: string
  readonly text: string
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
    texts.push({ name, text: await readFile(name, 'utf8') })
  }
  return texts
}

const listFiles = async (folder: string): Promise<readonly string[]> => {
  const names = (await readdir(folder)).filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name)).sort()
  // far more often a mount that is not there yet than a wish to have nothing
  if (names.length === 0) throw new Error(`${folder} has no .yaml, .yml or .json file`)
  if (names.length > maxFiles) throw new Error(`${folder} has more than ${maxFiles} files`)
  return names.map((name) => join(folder, name))
}
