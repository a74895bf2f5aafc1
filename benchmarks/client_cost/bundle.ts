/** What the client adds to a bundle: bytes, and which parts of it are in. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const repository = fileURLToPath(new URL('../..', import.meta.url))

export interface Bundle {
  readonly minifiedBytes: number
  readonly gzippedBytes: number
  /** Files of this repository and of others with the bytes that are left of each, the largest first. */
  readonly parts: readonly { readonly file: string; readonly bytes: number }[]
}

/** Bundles `export … from '@credence/client'`, minified and tree-shaken, straight from source, for no runtime in particular. */
export const bundleClient = async (what: '*' | `{ ${string} }`): Promise<Bundle> => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export ${what} from '@credence/client'`, resolveDir: repository, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['@credence/source', 'import'],
    absWorkingDir: repository,
    write: false,
    metafile: true,
    outdir: 'out',
    legalComments: 'none',
  })
  const contents = outputFiles[0]?.contents ?? new Uint8Array()
  const [output] = Object.values(metafile.outputs)
  const parts = Object.entries(output?.inputs ?? {})
    .map(([file, { bytesInOutput }]) => ({ file: relative('.', file), bytes: bytesInOutput }))
    .filter(({ bytes }) => bytes > 0)
    .sort((one, other) => other.bytes - one.bytes)
  return { minifiedBytes: contents.byteLength, gzippedBytes: gzipSync(contents, { level: 9 }).byteLength, parts }
}
