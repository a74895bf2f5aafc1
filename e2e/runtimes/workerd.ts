/** workerd with one worker, on a free port. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** Workers reach the servers of this machine, as those of a test are. */
const configuration = (worker: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "network", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${worker}")],
  compatibilityDate = "2025-06-01",
  globalOutbound = "network"
);
`

export interface RunningWorkerd extends AsyncDisposable {
  readonly url: string
}

export const startWorkerd = async (program: string, worker: string): Promise<RunningWorkerd> => {
  const file = join(dirname(worker), 'workerd.capnp')
  await writeFile(file, configuration(basename(worker)))
  const child = spawn(program, ['serve', file, '--control-fd=1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let port: unknown
  for await (const line of createInterface({ input: child.stdout })) {
    port = JSON.parse(line).port
    if (port !== undefined) break
  }
  if (port === undefined) throw new Error('workerd ended before it listened')
  child.stdout.resume()
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
      process.off('exit', kill)
    },
  }
}
