/** What goes wrong, one function each; what comes out are counts. */
import type { Contender, Enter, Setting } from './contenders.ts'
import { lifetimeSeconds, startFaultyServer } from './faulty_server.ts'
import { simulateTime } from './simulated_time.ts'

interface Options {
  readonly auth?: Setting['auth']
  /** How far this machine's clock is from the world's, in seconds. */
  readonly wallOffsetSeconds?: number
}

type Run<T> = (contender: Contender, setting: Setting) => Promise<T>

/** One contender, one server, one stretch of time; undefined where the contender cannot take part. */
const stage = async <T>(enter: Enter, options: Options, run: Run<T>): Promise<T | undefined> => {
  using time = simulateTime(options.wallOffsetSeconds)
  await using server = await startFaultyServer(time)
  const setting: Setting = { server, time, auth: options.auth ?? 'client_secret' }
  const contender = await enter(setting)
  if (contender === undefined) return undefined
  try {
    return await run(contender, setting)
  } finally {
    contender.tokens?.close()
  }
}

/** Lets what was begun behind the caller's back end: it takes turns of the event loop, and no simulated time. */
const settle = async (isBusy: () => boolean): Promise<void> => {
  for (let idleTurns = 0; idleTurns < 5; idleTurns = isBusy() ? 0 : idleTurns + 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Calls once every so many seconds; counts the calls that threw or gave a token that nobody accepts. */
const callEvery = async (
  [everySeconds, forSeconds]: readonly [number, number],
  contender: Contender,
  setting: Setting,
): Promise<number> => {
  let failed = 0
  const endAt = setting.time.trueSeconds() + forSeconds
  while (setting.time.trueSeconds() < endAt) {
    const accepted = await contender.getToken().then(setting.server.accepts, () => false)
    if (!accepted) failed++
    if (contender.isBusy !== undefined) await settle(contender.isBusy)
    setting.time.advance(everySeconds)
  }
  return failed
}

/** So many calls at once, nothing held: requests. */
export const crowd = (enter: Enter, callers: number) =>
  stage(enter, {}, async ({ getToken }, { server }) => {
    await Promise.all(Array.from({ length: callers }, getToken))
    return server.requests()
  })

/** The server is gone for the last ten minutes of a token's life, 120 calls: failed calls. */
export const refreshWindow = (enter: Enter) =>
  stage(enter, {}, async (contender, setting) => {
    await contender.getToken()
    setting.time.advance(lifetimeSeconds - 600)
    setting.server.fault = 'cut'
    return callEvery([5, 600], contender, setting)
  })

/** Every answer is 429 with Retry-After: 30; a call a second for five minutes, nothing held. */
export const storm = (enter: Enter) =>
  stage(enter, {}, async (contender, setting) => {
    setting.server.fault = { retryAfterSeconds: 30 }
    await callEvery([1, 300], contender, setting)
    return { requests: setting.server.requests(), tooEarly: setting.server.tooEarly() }
  })

/** Every connection breaks for five minutes, a call a second, nothing held; then the server is back for two. */
export const outage = (enter: Enter) =>
  stage(enter, {}, async (contender, setting) => {
    setting.server.fault = 'cut'
    await callEvery([1, 300], contender, setting)
    const during = setting.server.requests()
    const state = contender.tokens?.status().breaker.state
    setting.server.fault = 'up'
    await callEvery([1, 120], contender, setting)
    const after = setting.server.requests() - during
    return { during, after, state, stateAfter: contender.tokens?.status().breaker.state }
  })

/** This machine's clock is wrong by so much and the client signs assertions; ten calls: failed calls. */
export const wrongClock = (enter: Enter, wallOffsetSeconds: number) =>
  stage(enter, { auth: 'private_key_jwt', wallOffsetSeconds }, (contender, setting) =>
    callEvery([60, 600], contender, setting),
  )

/** This machine's clock is set back by ten minutes after the token came; a call a minute for two lifetimes: failed calls. */
export const clockSetBack = (enter: Enter) =>
  stage(enter, {}, async (contender, setting) => {
    await contender.getToken()
    setting.time.setClock(-600)
    return callEvery([60, 2 * lifetimeSeconds], contender, setting)
  })

/** The machine sleeps past expiry: does the first call after give a token that is accepted? */
export const asleep = (enter: Enter) =>
  stage(enter, {}, async (contender, setting) => {
    await contender.getToken()
    setting.time.sleepMachine(lifetimeSeconds + 60)
    return setting.server.accepts(await contender.getToken())
  })
