import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const pages = globSync('**/*.md', {
  cwd: root,
  exclude: (name) => /(?:^|\/)(?:node_modules|dist|\.git)$/.test(String(name)),
})
const read = (page: string) => readFileSync(join(root, page), 'utf8')
/** Code is no link, whatever brackets it has. */
const prose = (page: string) =>
  read(page)
    .replaceAll(/^```.*?^```/gms, '')
    .replaceAll(/`[^`\n]*`/g, '')

/** As GitHub makes anchors of headings. */
const anchorsOf = (page: string) =>
  new Set(
    [
      ...read(page)
        .replaceAll(/^```.*?^```/gms, '')
        .matchAll(/^#+ (.+)$/gm),
    ].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const linksOf = (page: string) =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#')
      return { target, file: path === '' ? page : relative(root, join(root, dirname(page), path)), anchor }
    })

test('every relative link of every page leads to a file, and to a heading where it names one', () => {
  const dead = pages.flatMap((page) =>
    linksOf(page)
      .filter(
        ({ file, anchor }) => !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(file).has(anchor)),
      )
      .map(({ target }) => `${page}: ${target}`),
  )
  assert.ok(pages.length > 10)
  assert.deepEqual(dead, [])
})

test('docs/README.md leads to every page of docs', () => {
  const linked = new Set(linksOf('docs/README.md').map(({ file }) => file))
  const unlinked = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !linked.has(page))
  assert.deepEqual(unlinked, [])
})
