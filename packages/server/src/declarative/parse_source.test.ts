import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSource } from './parse_source.ts'

const source = (...texts: string[]) => parseSource(texts.map((text, index) => ({ name: `${index}.yaml`, text })))
const placesOf = (texts: string[], ...pointers: string[]) =>
  source(...texts)
    .locate(pointers.map((pointer) => ({ pointer, detail: pointer })))
    .map(({ place, detail }) => `${detail} ${place}`)

describe('parseSource', () => {
  it('puts the lists of all files and documents together, and knows where each entry came from', () => {
    const texts = [
      'apis:\n  - audience: a\n---\napis:\n  - audience: b\n',
      '# nothing\n',
      '{"apis":[{"audience":"c"}],"clients":[]}',
    ]
    assert.deepEqual(source(...texts).document, {
      apis: [{ audience: 'a' }, { audience: 'b' }, { audience: 'c' }],
      clients: [],
    })
    assert.deepEqual(
      placesOf(texts, '/apis/2/audience', '/apis/1/audience', '/apis/0/scopes', '/clients', '/none', ''),
      [
        '/none 0.yaml:1:1',
        ' 0.yaml:1:1',
        '/apis/0/scopes 0.yaml:2:5',
        '/apis/1/audience 0.yaml:5:5',
        '/apis/2/audience 2.yaml:1:11',
        '/clients 2.yaml:1:28',
      ],
    )
  })

  it('RFC 6901 §3: finds members whose names hold slashes and tildes', () => {
    assert.deepEqual(placesOf(['clients:\n  - a: 1\n    "x/y~z": 2\n'], '/clients/0/x~1y~0z'), [
      '/clients/0/x~1y~0z 0.yaml:3:5',
    ])
  })

  it('sees through anchors and aliases, and refuses those that lead nowhere or multiply', () => {
    assert.deepEqual(source('apis: [{ scopes: &s [a] }, { scopes: *s }]').document.apis, [
      { scopes: ['a'] },
      { scopes: ['a'] },
    ])
    assert.match(source('apis: *nothing').faults[0]?.detail ?? '', /alias/i)
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(10)}]`,
    )
    assert.match(source(`l0: &l0 [a]\n${levels.join('\n')}`).faults[0]?.detail ?? '', /alias/i)
  })

  it('lists the syntax errors of every file, and what is no mapping', () => {
    assert.deepEqual(
      source('apis: [\n', '- a\n', 'a: 1\na: 2\n', 'text').faults.map(({ place }) => place),
      ['0.yaml:2:1', '1.yaml:1:1', '2.yaml:2:1', '3.yaml:1:1'],
    )
  })

  it('YAML 1.2: no is a text, and so is a time of day', () => {
    assert.deepEqual(source('apis: [no, 12:30, 010]').document.apis, ['no', '12:30', 10])
  })

  it('keeps __proto__ a member like any other', () => {
    const { document } = source('__proto__: { apis: [] }\napis: []\n')
    assert.equal(Object.getPrototypeOf(document), Object.prototype)
    assert.deepEqual(Object.keys(document), ['__proto__', 'apis'])
  })
})
