/** The results: the same table printed and written to RESULTS.md, which keeps the sections that were not measured again. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import workspace from '../package.json' with { type: 'json' }
import { pinning } from './processes.ts'

/** What one benchmark found. */
export interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly aims: readonly Aim[]
  /** What a reader must know to read the figures right. */
  readonly notes?: readonly string[]
}

export interface Aim {
  readonly text: string
  readonly found: string
  readonly met: boolean
}

/** Thousands with a comma, no decimals: 21,800. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US')

export const formatRatio = (ratio: number): string => ratio.toFixed(2)

/** The pinned versions of other people's packages: `fastify 5.12.8, …`. */
export const versionsOf = (...names: readonly string[]): string =>
  names.map((name) => `${name} ${workspace.devDependencies[name as keyof typeof workspace.devDependencies]}`).join(', ')

const formatSection = ({ title, columns, rows, aims, notes = [] }: Section): string => {
  const table = [columns, columns.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
  return [
    `## ${title}`,
    `Measured ${new Date().toISOString().slice(0, 10)}. ${machine()}`,
    table.map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
    aims.map(({ text, found, met }) => `- ${met ? 'met' : '**not met**'}: ${text}: ${found}`).join('\n'),
    ...notes,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const machine = (): string => {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${cpu?.model}, ${memory} GiB, ${type()} ${release()}, Node ${process.versions.node}, OpenSSL ${process.versions.openssl}; ${pinning}.`
}

const resultsFile = fileURLToPath(new URL('RESULTS.md', import.meta.url))

const opening = `# Results

Written by \`npm run bench\`. Only ratios within one table mean something: all its rows were measured in turn in one run.`

/** Prints a section and puts it into RESULTS.md in place of the older one of its title. */
export const report = (section: Section): void => {
  const text = formatSection(section)
  console.log(`\n${text}\n`)
  const kept = existsSync(resultsFile)
    ? readFileSync(resultsFile, 'utf8')
        .trimEnd()
        .split(/\n\n(?=## )/)
        .slice(1)
    : []
  const isOlder = (other: string): boolean => other.startsWith(`## ${section.title}\n`)
  const sections = kept.some(isOlder) ? kept.map((other) => (isOlder(other) ? text : other)) : [...kept, text]
  writeFileSync(resultsFile, `${[opening, ...sections].join('\n\n')}\n`)
}
