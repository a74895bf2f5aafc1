/** Cases K as counts: how often a library asks for the key set, and whom it still serves, when somebody attacks or the issuer fails. */
import type { ServerResponse } from 'node:http'
import type { TestIssuer } from '../../packages/jwt/src/testing/test_issuer.ts'
import { bearerRequest } from './cases.ts'
import type { Verifier } from './contender.ts'
import { answerUnavailable, answerWith, type ServedKeys } from './key_server.ts'
import { succeeds } from './run_cases.ts'
import { createIssuer } from './token_cases.ts'

export interface Measure {
  readonly name: string
  readonly why: string
  /** In words, for the page. */
  readonly right: string
  isRight(count: number): boolean
  count(subject: Subject): Promise<number>
}

export interface Subject {
  readonly verifier: Verifier
  readonly served: ServedKeys
  /** Whose key is the one that is served at first. */
  readonly issuer: TestIssuer
  advance(seconds: number): void
}

const hour = 3600
const day = 86_400
const asked = 20
/** Past every pause that a library makes between two fetches, and within every time it keeps keys for. */
const pastCoolDownSeconds = 90

const isNone = (count: number) => count === 0
const isAll = (count: number) => count === asked

const verifyGood = ({ verifier, issuer }: Subject, header: object = {}): Promise<boolean> => {
  const iat = Math.floor(Date.now() / 1000)
  return succeeds(verifier.verify(bearerRequest(issuer.sign({ iat, exp: iat + 600 }, header))))
}

const countGood = async (subject: Subject): Promise<number> => {
  let accepted = 0
  for (let n = 0; n < asked; n++) accepted += Number(await verifyGood(subject))
  return accepted
}

/** Requests for the key set that 50 tokens with made-up kids cause, one after the other. */
const countFlood = async (subject: Subject): Promise<number> => {
  await verifyGood(subject)
  subject.advance(pastCoolDownSeconds)
  const before = subject.served.requests
  for (let n = 0; n < 50; n++) await verifyGood(subject, { kid: `random-${n}` })
  return subject.served.requests - before
}

const rotatedKid = 'key-2'

/** What is answered in place of the key set, and whether the token of its key passes all the same. */
const countAccepted = async (subject: Subject, answer: (response: ServerResponse) => unknown): Promise<number> => {
  subject.served.answer = answer
  return Number(await verifyGood(subject))
}

const hugeBytes = 10 * 1024 * 1024
const blank = Buffer.alloc(64 * 1024, ' ')

/** A key set after 10 MB of white space. */
const answerHuge = (response: ServerResponse, document: string): void => {
  response.writeHead(200, { 'content-type': 'application/json' })
  let left = hugeBytes
  const write = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= blank.length
      if (!response.write(blank)) return void response.once('drain', write)
    }
    response.end(document)
  }
  write()
}

const documentOf = ({ issuer }: Subject): string => JSON.stringify({ keys: [issuer.jwk] })

/** Those that need no more than a clock that is moved. */
export const timedMeasures: readonly Measure[] = [
  {
    name: 'K1: fetches caused by 50 random kids',
    why: 'Whoever makes up kids must not make the API attack its issuer',
    right: '0 or 1',
    isRight: (count) => count <= 1,
    count: countFlood,
  },
  {
    name: 'K1: the same while the issuer answers 503',
    why: 'Failures count towards the pause, or a failing issuer is never left in peace',
    right: '0 or 1',
    isRight: (count) => count <= 1,
    count: async (subject) => {
      await verifyGood(subject)
      subject.served.answer = answerUnavailable
      return await countFlood(subject)
    },
  },
  {
    name: 'K2: of 20 good tokens accepted, the issuer down for an hour',
    why: 'An issuer that is down must not take every API down with it',
    right: '20',
    isRight: isAll,
    count: async (subject) => {
      await verifyGood(subject)
      subject.served.answer = answerUnavailable
      subject.advance(hour)
      return await countGood(subject)
    },
  },
  {
    name: 'K2: fetches that those 20 cause',
    why: 'Keys that are kept are of no use if each request waits for a fetch that fails',
    right: '0 or 1',
    isRight: (count) => count <= 1,
    count: async (subject) => {
      await verifyGood(subject)
      subject.served.answer = answerUnavailable
      subject.advance(hour)
      const before = subject.served.requests
      await countGood(subject)
      return subject.served.requests - before
    },
  },
  {
    name: 'K2: of 20 good tokens accepted, the issuer down for a week',
    why: 'Bounded: whoever blocks the way to the issuer must not keep a withdrawn key alive for ever',
    right: '0',
    isRight: isNone,
    count: async (subject) => {
      await verifyGood(subject)
      subject.served.answer = answerUnavailable
      subject.advance(7 * day)
      return await countGood(subject)
    },
  },
  {
    name: 'K2: of 20 tokens of a new key accepted, after the issuer rotated and somebody sent 50 random kids',
    why: 'An attacker must not use up the fetches of honest callers',
    right: '20',
    isRight: isAll,
    count: async (subject) => {
      await verifyGood(subject)
      subject.advance(pastCoolDownSeconds)
      const { issuer, served } = subject
      const rotated = await createIssuer()
      served.answer = answerWith([issuer.jwk, { ...rotated.jwk, kid: rotatedKid }])
      for (let n = 0; n < 50; n++) await verifyGood(subject, { kid: `random-${n}` })
      let accepted = 0
      for (let n = 0; n < asked; n++)
        accepted += Number(await verifyGood({ ...subject, issuer: rotated }, { kid: rotatedKid }))
      return accepted
    },
  },
  {
    name: 'K3: token accepted by a key withdrawn an hour ago, the issuer up',
    why: 'What the issuer withdraws must stop working without a restart',
    right: '0',
    isRight: isNone,
    count: async (subject) => {
      await verifyGood(subject)
      subject.served.answer = answerWith([(await createIssuer('RS256')).jwk])
      subject.advance(hour)
      return Number(await verifyGood(subject))
    },
  },
  {
    name: 'K3: token accepted by the old key, its kid given to new material an hour ago',
    why: 'A kid is a name; it is the material that counts',
    right: '0',
    isRight: isNone,
    count: async (subject) => {
      await verifyGood(subject)
      subject.served.answer = answerWith([(await createIssuer()).jwk])
      subject.advance(hour)
      return Number(await verifyGood(subject))
    },
  },
  {
    name: 'K3: of 20 good tokens accepted, an hour after the key set was emptied',
    why: 'An empty set is a fault at the issuer, and no reason to refuse everybody',
    right: '20',
    isRight: isAll,
    count: async (subject) => {
      await verifyGood(subject)
      subject.served.answer = answerWith([])
      subject.advance(hour)
      return await countGood(subject)
    },
  },
  {
    name: 'K3: key set taken from behind a redirect',
    why: 'A redirect leads wherever whoever controls it wants, inside the network too',
    right: '0',
    isRight: isNone,
    count: (subject) =>
      countAccepted(subject, (response) => {
        subject.served.answer = answerWith([subject.issuer.jwk])
        response.writeHead(302, { location: subject.served.jwksUri }).end()
      }),
  },
  {
    name: 'K3: key set taken from an HTML page',
    why: 'What a user can upload as a page must not be able to be the issuer’s keys',
    right: '0',
    isRight: isNone,
    count: (subject) =>
      countAccepted(subject, (response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end(documentOf(subject)),
      ),
  },
  {
    name: 'K3: key set taken after 10 MB of white space',
    why: 'Nobody’s key set is that long; each API would hold it in memory',
    right: '0',
    isRight: isNone,
    count: (subject) => countAccepted(subject, (response) => answerHuge(response, documentOf(subject))),
  },
]

/** The one that takes time of its own. */
export const waitingMeasure: Measure = {
  name: 'K3: requests still waiting after seven seconds for a key set that never comes',
  why: 'A request that waits without end holds its connection without end',
  right: '0',
  isRight: isNone,
  count: async (subject) => {
    const { verifier, issuer, served } = subject
    served.answer = () => undefined
    let isWaiting = true
    const settle = () => {
      isWaiting = false
    }
    await succeeds(verifier.verify(bearerRequest(issuer.sign())).finally(settle))
    return Number(isWaiting)
  },
}

/** In the order of the columns that `runMeasures` returns. */
export const measures: readonly Measure[] = [...timedMeasures, waitingMeasure]
