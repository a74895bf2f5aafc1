import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Randomness } from '@credence/protocol'
import { requestIdsOf } from './request_ids.ts'
import { parseTraceContext } from './trace_context.ts'

const randomness: Randomness = { bytes: (length) => new Uint8Array(length).fill(0xab) }
const made = 'ab'.repeat(16)
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${spanId}-01`

test('W3C Trace Context §3.2: a well-formed traceparent names trace and span', () => {
  assert.deepEqual(parseTraceContext({ traceparent }), { traceId, spanId })
  // §4.3: a higher version may carry more
  assert.deepEqual(parseTraceContext({ traceparent: `cc-${traceId}-${spanId}-01-what-is-to-come` }), {
    traceId,
    spanId,
  })
})

for (const [title, refused] of Object.entries({
  '§3.2.2.2: more after version 00': `${traceparent}-more`,
  '§3.2.2.1: version ff': `ff-${traceId}-${spanId}-01`,
  '§3.2.2.3: a trace id of zeros': `00-${'0'.repeat(32)}-${spanId}-01`,
  '§3.2.2.4: a parent id of zeros': `00-${traceId}-${'0'.repeat(16)}-01`,
  '§3.2.2: capitals': traceparent.toUpperCase(),
  'a line break': `${traceparent}\n`,
  'a very long one': `cc-${traceId}-${spanId}-01-${'x'.repeat(600)}`,
  nothing: '',
})) {
  test(`W3C Trace Context ${title}: the header is ignored`, () => {
    assert.equal(parseTraceContext({ traceparent: refused }), undefined)
    assert.deepEqual(requestIdsOf({ traceparent: refused }, randomness), { request_id: made })
  })
}

test('request id: the well-formed one of the caller, else its trace, else a new one', () => {
  const trace = { trace_id: traceId, span_id: spanId }
  assert.deepEqual(requestIdsOf({ 'x-request-id': 'job-17:a', traceparent }, randomness), {
    request_id: 'job-17:a',
    ...trace,
  })
  assert.deepEqual(requestIdsOf({ traceparent }, randomness), { request_id: traceId, ...trace })
  assert.deepEqual(requestIdsOf({}, randomness), { request_id: made })
})

test('A9, A12: a request id that could break a line, or that is long enough for a secret, is replaced', () => {
  const secret = `cred_${'0'.repeat(26)}_${'x'.repeat(43)}`
  for (const given of ['', 'a b', 'a\nb', 'a"b', 'ä', 'a\u2028', '{}', '<x>', 'x'.repeat(65), secret])
    assert.deepEqual(requestIdsOf({ 'x-request-id': given }, randomness), { request_id: made }, given)
})
