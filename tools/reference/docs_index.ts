/** docs/README.md: every page of docs by who needs it, under its own title. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedNote, type ReferencePage } from './page.ts'

const docs = join(import.meta.dirname, '../../docs')

const operators = { title: 'Whoever runs it', pages: /^tasks\// }

const callers =
  /^tasks\/(?:authenticate-a-client|get-tokens-from|keep-secrets|move-from-(?:simple-oauth2|openid-client|axios|msal)|outages|rotate-without|share-tokens|test-with)/
const apis =
  /^(?:strictness|comparison-verifier|tasks\/(?:accept-|bound-tokens|follow-revocations|move-from-|protect-an-api|what-is-checked).*)\.md$/

/** In this order. A page is where the first pattern that fits puts it. */
const readers: readonly { readonly title: string; readonly pages: RegExp }[] = [
  { title: 'Whoever begins', pages: /^getting-started\.md$/ },
  { title: 'Whoever calls APIs', pages: callers },
  { title: 'Whoever protects an API', pages: apis },
  operators,
  { title: 'Whoever looks something up', pages: /^reference\// },
  { title: 'Whoever works on Credence', pages: /^(?:lifecycle|dependencies|conformance)\.md$/ },
  { title: 'Whoever asks why', pages: /^decisions\// },
]

const linkTo = (page: string): string => {
  const title = /^# (.+)$/m.exec(readFileSync(join(docs, page), 'utf8'))?.[1] ?? page
  return `- [${title.replaceAll('`', '')}](${page})\n`
}

/** Rendered after the other pages, since it reads their titles. */
export const docsIndexPage: ReferencePage = {
  path: 'docs/README.md',
  render: () => {
    const pages = globSync('**/*.md', { cwd: docs }).filter((page) => page !== 'README.md')
    const readerOf = (page: string) => readers.find((reader) => reader.pages.test(page)) ?? operators
    const sections = readers.map((reader) => {
      const links = pages.filter((page) => readerOf(page) === reader).sort()
      return `## ${reader.title}\n\n${links.map(linkTo).join('')}`
    })
    return `${generatedNote}\n\n# Documentation\n\n${sections.join('\n')}`
  },
}
