/** What a cold `credence serve` costs until it is ready, and what it holds at rest. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createDataFolder, startCredence } from './credence.ts'
import { cpuSecondsOf, residentBytesOf } from './processes.ts'
import { formatRatio, type Section } from './report.ts'
import { median } from './rounds.ts'

interface Start {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly restingMib: number
}

const startsMeasured = 7
const restMs = 2000

/** Starts on an empty folder: keys are made and the schema is laid out as well. */
const measureStart = async (): Promise<Start> => {
  const before = performance.now()
  const credence = await startCredence(await createDataFolder())
  try {
    const wallSeconds = (performance.now() - before) / 1000
    const cpuSeconds = cpuSecondsOf(credence.pid)
    await sleep(restMs)
    return { cpuSeconds, wallSeconds, restingMib: residentBytesOf(credence.pid) / 2 ** 20 }
  } finally {
    await credence.remove()
  }
}

export const runStart = async (): Promise<Section> => {
  const starts: Start[] = []
  for (let n = 0; n < startsMeasured; n++) starts.push(await measureStart())
  const cpuSeconds = median(starts.map((start) => start.cpuSeconds))
  const restingMib = median(starts.map((start) => start.restingMib))
  const wallSeconds = median(starts.map((start) => start.wallSeconds))
  return {
    title: 'start',
    columns: ['credence serve, empty data folder', 'median'],
    rows: [
      ['CPU until ready, s', formatRatio(cpuSeconds)],
      ['time until ready, s', formatRatio(wallSeconds)],
      [`memory after ${restMs / 1000} s of rest, MiB`, restingMib.toFixed(0)],
    ],
    aims: [
      { text: 'under 0.5 s of CPU', found: `${formatRatio(cpuSeconds)} s`, met: cpuSeconds < 0.5 },
      { text: 'under 100 MB at rest', found: `${restingMib.toFixed(0)} MiB`, met: restingMib * 1.048576 < 100 },
    ],
    notes: [`${startsMeasured} starts.`],
  }
}
