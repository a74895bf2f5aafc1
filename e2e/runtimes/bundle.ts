/** Bundles the scenario with the client's core, for no runtime in particular: an import of node: would fail here. */
import { join } from 'node:path'
import { build } from 'esbuild'

export interface BundledScenario {
  readonly file: string
  /** What the bundle imports that is not in it. */
  readonly imports: readonly string[]
}

export const bundleScenario = async (entry: 'main' | 'worker', folder: string): Promise<BundledScenario> => {
  const file = join(folder, `${entry}.js`)
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, `${entry}.ts`)],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['@credence/source', 'import'],
    metafile: true,
    logLevel: 'silent',
  })
  return { file, imports: Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)) }
}
