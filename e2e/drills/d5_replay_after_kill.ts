/** D5: kill -9 right after an assertion was used. Whoever replays it at the server that starts again is refused. */
import { askWith, audience, createKey, makeAssertion, openRegistrar } from '../assertions/setting.ts'
import { type RunningCredence, startCredence } from '../support/credence.ts'

export interface D5 {
  /** Assertions that got a token before the kill. */
  readonly used: number
  /** Of those, the ones that got another after it; there must be none. */
  readonly replayed: number
  /** Assertions on their way when the server was killed, and how many of them got a token after all, at most once each. */
  readonly underWay: number
  readonly usedLater: number
}

const together = 20

/** Sends them all. Returns those that got a token. */
const send = async (
  credence: RunningCredence,
  assertions: readonly string[],
  onAnswer: () => void = () => {},
): Promise<readonly string[]> => {
  const ask = async (assertion: string): Promise<boolean> => {
    try {
      const { status } = await askWith(credence, assertion)
      onAnswer()
      return status === 200
    } catch {
      return false // killed meanwhile
    }
  }
  const answers = await Promise.all(assertions.map(ask))
  return assertions.filter((_, index) => answers[index])
}

const killOnce = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it is gone
  }
}

export const runD5 = async (kills: number): Promise<D5> => {
  await using stack = new AsyncDisposableStack()
  const args = ['--issuer', 'https://auth.example.com', '--failed-authentications-per-minute', '100000']
  const first = await startCredence({ args })
  stack.defer(first.dispose)
  await first.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(first)
  const key = createKey()
  const job = { clientId: 'job', issuer: first.issuer }
  await registrar.register('job', { jwks: { keys: [key.publicJwk] } })
  await registrar.close()
  const makeSome = () => Array.from({ length: together }, () => makeAssertion(key, job))

  let running = first
  const found = { used: 0, replayed: 0, underWay: 0, usedLater: 0 }
  for (let kill = 0; kill < kills; kill++) {
    const used = await send(running, makeSome())
    const underWay = makeSome()
    const { pid } = running
    // at the first answer, so that some have been claimed of which nobody has been told
    const answered = await send(running, underWay, () => killOnce(pid))
    running = await startCredence({ args, data: first.data })
    const started = running
    stack.defer(async () => {
      await started.stop()
    })
    const known = [...used, ...answered]
    found.used += known.length
    found.replayed += (await send(running, known)).length
    // those that nobody was told of may have been claimed or not, and are good once at most
    const open = underWay.filter((assertion) => !answered.includes(assertion))
    const later = await send(running, open)
    found.underWay += open.length
    found.usedLater += later.length
    found.replayed += (await send(running, later)).length
  }
  return found
}

if (import.meta.main) {
  const found = await runD5(20)
  console.log('D5', found)
  if (found.replayed > 0) process.exitCode = 1
}
