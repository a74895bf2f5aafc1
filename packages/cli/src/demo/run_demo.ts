/** `credence demo`, from an empty folder to one that is gone again. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DemoOptions } from '../commands/demo.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { countRuns } from './job_runs.ts'
import { audience, clientId, type Scene, startScene, type Tell } from './scene.ts'
import { failure } from './service_process.ts'
import { disableClient, rotateSecret, showCalls, showOversight } from './story.ts'

/** @throws {CliError} `demo_failed` when any step is not what it must be. */
export const runDemo = async ({ keep, json }: DemoOptions): Promise<void> => {
  const signal = abortOnSignal()
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'credence-demo-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))

  const tell = createTell(json === true)
  const scene = await startScene({ folder, signal, opened, tell })
  await showCalls(scene, tell)
  await rotateSecret(scene, tell)
  await showOversight(scene, tell)
  // a run under way is finished and counted
  if (!keep) await scene.job.stop()

  const { calls, failed, refused, firstFault } = countRuns(scene.job.lines)
  if (firstFault !== undefined)
    throw failure(`${failed} of ${calls} calls failed; the first thing wrong: ${firstFault}`)
  // the last step, since nothing is left for A to do after it; with --keep it is the reader's
  if (!keep) await disableClient(scene, tell)
  if (json) printJson({ event: 'done', calls, failed, refused })
  else
    printLines([
      '',
      `${failed} of ${calls} calls failed, from the first to the last. The ${refused} that A may not make were refused, every one.`,
    ])
  if (!keep) return
  printLines(describeHowToTalk(scene))
  if (!signal.aborted) await once(signal, 'abort')
}

/** Aborted by SIGINT or SIGTERM, so that everything is put away on the way out. */
const abortOnSignal = (): AbortSignal => {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(failure(`${name} stopped it`)))
  }
  return controller.signal
}

const createTell = (json: boolean): Tell => {
  let step = 0
  return (text) => {
    step++
    if (json) printJson({ event: 'step', step, text })
    else printLines([`${String(step).padStart(2)}. ${text}`])
  }
}

const describeHowToTalk = ({ dataFolder, secretFile, ordersUrl }: Scene): readonly string[] => [
  '',
  'All of it goes on running until Ctrl-C. In another terminal:',
  '',
  `  export CREDENCE_DATA=${dataFolder} CREDENCE_CLIENT_ID=${clientId} CREDENCE_CLIENT_SECRET_FILE=${secretFile}`,
  '  credence client list',
  '  credence token | credence inspect',
  `  curl -H "Authorization: Bearer $(credence token)" ${ordersUrl}/jobs`,
  '',
  'Let A write, and its 403 becomes a 201:',
  '',
  `  credence grant set ${clientId} ${audience}=jobs:read,jobs:write`,
  '',
  'Disable A, and B refuses the token that A still holds within a second:',
  '',
  `  credence client disable ${clientId}`,
]
