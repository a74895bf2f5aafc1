import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseDeclaration } from './parse_declaration.ts'
import { parseSource } from './parse_source.ts'
import { readSourceTexts } from './source_texts.ts'
import { testContext, testKeys } from './testing/test_keys.ts'

const [jwk = {}] = testKeys

describe('the files that a declarative source refers to', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credence-'))
  })
  after(() => rm(folder, { recursive: true }))

  const write = (name: string, content: string) => writeFile(join(folder, name), content)
  const read = async (path = folder) => parseSource(await readSourceTexts(path))

  it('come into the document where it names them, and are no declarations themselves', async () => {
    await mkdir(join(folder, 'keys'))
    await write('a.jwks.json', JSON.stringify({ keys: [jwk] }))
    await write('keys/b.json', JSON.stringify(jwk))
    await write('c.pem', 'PEM')
    await write(
      'clients.yaml',
      'clients:\n  - { client_id: a, jwks_file: ./a.jwks.json }\n  - { client_id: b, jwks_file: keys/b.json, certificate_file: c.pem }\n',
    )
    for (const path of [folder, join(folder, 'clients.yaml')]) {
      const { document, faults } = await read(path)
      assert.deepEqual(faults, [])
      assert.deepEqual(document, {
        clients: [
          { client_id: 'a', jwks: { keys: [jwk] } },
          { client_id: 'b', jwks: { keys: [jwk] }, certificate: 'PEM' },
        ],
      })
    }
  })

  it('a change of one is a change of the source', async () => {
    const before = JSON.stringify(await readSourceTexts(folder))
    await write('a.jwks.json', JSON.stringify({ keys: [...testKeys] }))
    assert.notEqual(JSON.stringify(await readSourceTexts(folder)), before)
  })

  it('what cannot be read, is elsewhere, or is a private key, is a fault with its line, and no content is in it', async () => {
    await write('private.json', JSON.stringify({ ...jwk, d: 'hunter2' }))
    await write('none.json', 'hunter2')
    for (const [path, why] of [
      ['../outside.json', /at or below the folder/],
      ['/etc/passwd', /at or below the folder/],
      ['keys/../../outside.json', /at or below the folder/],
      ['missing.json', /ENOENT/],
      ['private.json', /private key/],
      ['none.json', /no JSON/],
    ] as const) {
      const name = join(folder, 'clients.yaml')
      await writeFile(name, `clients:\n  - client_id: a\n    jwks_file: ${path}\n`)
      const { document, faults: unparsed, locate } = await read(name)
      assert.deepEqual(unparsed, [])
      const faults = locate(parseDeclaration(document, testContext).faults)
      assert.deepEqual(
        faults.map(({ place }) => place),
        [`${name}:3:5`],
        path,
      )
      assert.match(faults[0]?.detail ?? '', why)
      assert.ok(!faults[0]?.detail.includes('hunter2'))
    }
  })
})
