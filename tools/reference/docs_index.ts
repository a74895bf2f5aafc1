/** docs/README.md: every page of docs by who needs it, under its own title. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedNote, type ReferencePage } from './page.ts'

const docs = join(import.meta.dirname, '../../docs')

const tasks = { title: 'Whoever runs it', pages: /^tasks\// }

/** In this order. A page is where the first pattern that fits puts it. */
const readers: readonly { readonly title: string; readonly pages: RegExp }[] = [
  { title: 'Whoever begins', pages: /^getting-started\.md$/ },
  tasks,
  { title: 'Whoever looks something up', pages: /^reference\// },
  { title: 'Whoever writes a service', pages: /^strictness\.md$/ },
  { title: 'Whoever works on Credence', pages: /^(?:lifecycle|dependencies)\.md$/ },
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
    const readerOf = (page: string) => readers.find((reader) => reader.pages.test(page)) ?? tasks
    const sections = readers.map((reader) => {
      const links = pages.filter((page) => readerOf(page) === reader).sort()
      return `## ${reader.title}\n\n${links.map(linkTo).join('')}`
    })
    return `${generatedNote}\n\n# Documentation\n\n${sections.join('\n')}`
  },
}
