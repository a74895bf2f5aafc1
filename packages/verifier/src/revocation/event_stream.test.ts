import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createEventStreamParser } from './event_stream.ts'

const read = (pieces: readonly string[], maxLength = 1_000) => {
  const seen: (readonly [string, string] | 'comment')[] = []
  const take = createEventStreamParser({
    maxLength,
    onEvent: (type, data) => seen.push([type, data]),
    onComment: () => seen.push('comment'),
  })
  for (const piece of pieces) take(piece)
  return seen
}

describe('server-sent events', () => {
  it('WHATWG HTML §9.2.6: fields, comments, several lines of data, and what is none of them', () => {
    const stream =
      ': hello\n\nid: 1\nevent: revocation\ndata: {"a":\ndata:  1}\nretry: 5\nunknown: x\n\ndata\n\nevent: x\n\ndata:y\n\n'
    assert.deepEqual(read([stream]), ['comment', ['revocation', '{"a":\n 1}'], ['message', ''], ['message', 'y']])
  })

  it('WHATWG HTML §9.2.6: an event that is not ended by an empty line is none', () => {
    assert.deepEqual(read(['data: half\n']), [])
  })

  it('property: the same events whatever the line ends are and wherever the pieces end', () => {
    const line = fc.constantFrom('data: a', 'data', 'event: revocation', ':', ': beat', '', 'id: 7', 'data:é:')
    const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 30 })
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200), { maxLength: 20 }), (lines, cuts) => {
        // CR before LF would be one line end and not two
        const ended = lines.map(
          ([text], index) =>
            `${text}${lines[0]?.[1] === '\r' ? '\r' : lines[index]?.[1] === '\r' ? '\n' : lines[index]?.[1]}`,
        )
        const text = ended.join('')
        const at = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length]
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end))
        assert.deepEqual(read(pieces), read([lines.map(([each]) => `${each}\n`).join('')]))
      }),
    )
  })

  it('an event or a line without an end is given up at its bound', () => {
    assert.throws(() => read(['data: ', 'x'.repeat(2_000)]), /more than 1000 characters/)
    assert.throws(() => read(['data: x\n'.repeat(2_000)]), /more than 1000 characters/)
    assert.equal(read(['data: x\n\n'.repeat(2_000)]).length, 2_000)
  })
})
