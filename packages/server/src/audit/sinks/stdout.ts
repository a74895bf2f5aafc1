/** Standard output, for whatever collects the output of containers. */
import type { Writable } from 'node:stream'
import type { Sink } from './sink.ts'

/** @param stream standard output unless a test says otherwise */
export const createStdoutSink = (stream: Writable = process.stdout): Sink => ({
  deliver(lines) {
    // what a stopped reader has not taken is still in the stream: to write it again would let it grow without end
    if (stream.writableLength > 0) return Promise.reject(new Error('nobody reads standard output'))
    return new Promise((resolve, reject) => {
      stream.write(lines.map(({ json }) => `${json}\n`).join(''), (error) => (error ? reject(error) : resolve()))
    })
  },
  close() {},
})
