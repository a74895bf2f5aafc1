/** Reading server-sent events from text that arrives in any pieces. WHATWG HTML §9.2.5, §9.2.6. */
import { FeedError } from './feed_error.ts'

export interface EventStreamParserOptions {
  /** A whole event. Its type is `message` where the stream names none. */
  readonly onEvent: (type: string, data: string) => void
  /** A comment: a line that begins with a colon, which is what heartbeats are. */
  readonly onComment: () => void
  /** Longest event, in characters: its data, and any line. */
  readonly maxLength: number
}

/**
 * Makes a function that takes the next piece of the stream.
 *
 * `id` and `retry` are not kept: a document of the feed has its cursor in itself, and the pace is ours.
 *
 * @returns a function that throws {FeedError} when an event or a line is longer than `maxLength`
 */
export const createEventStreamParser = ({ onEvent, onComment, maxLength }: EventStreamParserOptions) => {
  let rest = ''
  let endedWithCr = false
  let type = ''
  let data: string[] = []
  let length = 0

  const dispatch = () => {
    // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and return."
    if (data.length > 0) onEvent(type === '' ? 'message' : type, data.join('\n'))
    type = ''
    data = []
    length = 0
  }

  const takeLine = (line: string) => {
    if (line === '') return dispatch()
    if (line.startsWith(':')) return onComment()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    // "If value starts with a U+0020 SPACE character, remove it from value."
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') type = value
    if (field !== 'data') return
    data.push(value)
    length += value.length + 1
    checkLength(length)
  }

  const checkLength = (reached: number) => {
    if (reached > maxLength) throw new FeedError(`an event of more than ${maxLength} characters`)
  }

  return (piece: string): void => {
    // a line may end in CR LF, and the two may come apart
    const text = endedWithCr && piece.startsWith('\n') ? piece.slice(1) : piece
    if (piece !== '') endedWithCr = text.endsWith('\r')
    if (!/[\r\n]/.test(text)) {
      rest += text
      checkLength(rest.length)
      return
    }
    const lines = (rest + text).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    for (const line of lines) takeLine(line)
    checkLength(rest.length)
  }
}
