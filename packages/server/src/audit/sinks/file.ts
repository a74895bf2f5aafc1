/** A file that lines are appended to. It may be moved away at any time: the next lines make a new one. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Sink } from './sink.ts'

// a named pipe that nobody reads must be an error and not a wait without end
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

export const createFileSink = (path: string): Sink => ({
  async deliver(lines) {
    const file = await open(path, flags, 0o600)
    try {
      await file.writeFile(lines.map(({ json }) => `${json}\n`).join(''))
      if ((await file.stat()).isFile()) await file.sync()
    } finally {
      await file.close()
    }
  },
  close() {},
})
