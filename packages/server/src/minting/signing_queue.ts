/**
 * Signs turn by turn: what arrives in one turn of the event loop is signed together at its end, and only then answered.
 *
 * Why that is faster (benchmarks/turn_wise.md has the figures): signing, writing, signing, writing wakes the receiver for
 * nearly every answer, since it has read one and gone to sleep before the next is signed, and the writer pays for each
 * wake-up. Signing all, then writing all, lets the answers leave microseconds apart: 0.03 wake-ups an answer in place of
 * 0.95, and 1.5 times the rate where the receiver (a proxy, a caller) is on the same machine; 1.05 where it is not. Both
 * phases are needed: to collect, and then to sign and write in turn, gives half of it.
 */
import { attachSignature, type Signer } from '@credence/jwt'
import { catalogue } from '../metrics/catalogue.ts'
import { createHistogram, type HistogramCounts } from '../metrics/histogram.ts'

export interface SigningQueue {
  /** The finished token. */
  sign(signer: Signer, signingInput: string): Promise<string>
  /** How many wait now. */
  readonly depth: number
  /** How many were signed together, turn by turn. */
  readonly turns: HistogramCounts
}

interface Job {
  readonly signer: Signer
  readonly signingInput: string
  readonly resolve: (token: string | Promise<string>) => void
  readonly reject: (error: unknown) => void
}

const sign = ({ signer, signingInput }: Job): string | Promise<string> => {
  const signature = signer.sign(signingInput)
  return signature instanceof Promise
    ? signature.then((late) => attachSignature(signingInput, late))
    : attachSignature(signingInput, signature)
}

/**
 * @param mostTogether as many as this are signed without waiting for the end of the turn: while more than a thousand
 *   connections have something to read, libuv does not end it, and an overload would only ever pile up
 */
export const createSigningQueue = (mostTogether: number): SigningQueue => {
  let waiting: Job[] = []
  const turns = createHistogram(catalogue.credence_signing_turn_signatures.buckets)

  const signAll = () => {
    if (waiting.length === 0) return
    const jobs = waiting
    waiting = []
    turns.observe(jobs.length)
    // what waits for these promises, the writing of the answers, runs after the last signature
    for (const job of jobs) {
      try {
        job.resolve(sign(job))
      } catch (error) {
        job.reject(error)
      }
    }
  }

  return {
    sign: (signer, signingInput) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(signAll)
        waiting.push({ signer, signingInput, resolve, reject })
        if (waiting.length >= mostTogether) signAll()
      }),
    get depth() {
      return waiting.length
    },
    turns: turns.counts,
  }
}
