/** What clients make of an authorization server that fails, and of clocks that are wrong: counts, not times. */
import { formatCount, type Section, versionsOf } from './report.ts'
import { contenders, type Enter, ours } from './resilience/contenders.ts'
import { asleep, clockSetBack, crowd, outage, refreshWindow, storm, wrongClock } from './resilience/scenarios.ts'

/** Ours is asked by more: one socket for each request is more than a machine should be asked for. */
const callersOfOthers = 500
const callersOfOurs = 10_000

const notDriven = 'has no such method'

const row = async (name: string, enter: Enter): Promise<readonly string[]> => {
  const callers = name === ours ? callersOfOurs : callersOfOthers
  const stormy = await storm(enter)
  const out = await outage(enter)
  const ahead = await wrongClock(enter, 600)
  const said = (count: number | undefined) => (count === undefined ? notDriven : formatCount(count))
  return [
    name,
    `${formatCount(callers)} → ${said(await crowd(enter, callers))}`,
    said(await refreshWindow(enter)),
    `${said(stormy?.requests)}, ${said(stormy?.tooEarly)}`,
    `${said(out?.during)}, ${said(out?.after)}`,
    ahead === undefined ? notDriven : `${said(ahead)}, ${said(await wrongClock(enter, -600))}`,
    said(await clockSetBack(enter)),
    (await asleep(enter)) ? 'yes' : '**no**',
  ]
}

export const runResilience = async (): Promise<Section> => {
  const rows: (readonly string[])[] = []
  for (const [name, enter] of Object.entries(contenders)) rows.push(await row(name, enter))
  const [, requests = '', failed = '', stormy = '', outages = '', clocks = '', setBack = '', slept = ''] = rows[0] ?? []
  const aim = (text: string, found: string, wanted: string) => ({ text, found, met: found === wanted })
  return {
    title: 'resilience',
    columns: [
      'client',
      'callers at once → requests',
      'server gone for the last 600 s of a token: failed of 120 calls',
      '300 calls into 429 with Retry-After: requests, those before it had passed',
      '300 s without connection, a call a second; then 120 s with: requests, requests',
      'private_key_jwt, clock 10 min ahead, behind: failed of 10 calls',
      'clock set back 10 min under a token: failed of 120 calls',
      'first call after a sleep past expiry is good',
    ],
    rows,
    aims: [
      aim('10,000 callers at once: one request', requests, '10,000 → 1'),
      aim('no failed call while a token is valid', failed, '0'),
      aim('no request before Retry-After (30 s) has passed, one each time it has', stormy, '11, 0'),
      aim(
        '5 requests open the breaker; 6 probes fail, 10, 20, 40, 60, 60 and 60 s apart; one closes it',
        outages,
        '11, 1',
      ),
      aim('no failed call with a clock 10 minutes off', clocks, '0, 0'),
      aim('no expired token with a clock set back', setBack, '0'),
      aim('the first call after a sleep renews', slept, 'yes'),
    ],
    notes: [
      'Real HTTP on loopback; time is simulated: Date is replaced for all, and our client is also given a clock and a sleep.',
      `A failed call threw, or gave a token that the server no longer accepts. Each client is used as its own pages show; openid-client and simple-oauth2 keep no tokens, so that a caller of the latter keeps one and asks it whether it has expired. The token source as in Go is ours, in a few lines after golang.org/x/oauth2. The server refuses an assertion that is more than 60 s from its own time. ${versionsOf('@azure/msal-node', 'openid-client', 'simple-oauth2')}.`,
    ],
  }
}
