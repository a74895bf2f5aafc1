/** A histogram that costs the one who observes an addition or two: counts in a fixed array, made cumulative when scraped. */

export interface Histogram {
  observe(value: number): void
  /** Adds what another of the same bounds has observed. */
  add(other: HistogramCounts): void
  readonly counts: HistogramCounts
}

export interface HistogramCounts {
  /** One for each bound, not cumulative, and one for what is above the last. */
  readonly perBucket: Float64Array
  readonly sum: number
}

/** @param bounds upper bounds, each inclusive, ascending */
export const createHistogram = (bounds: readonly number[]): Histogram => {
  const perBucket = new Float64Array(bounds.length + 1)
  const counts = { perBucket, sum: 0 }
  return {
    counts,
    observe(value) {
      let bucket = 0
      // a dozen bounds, most values in the first: a search would cost more than it saves
      for (const bound of bounds) {
        if (value <= bound) break
        bucket++
      }
      perBucket[bucket] = (perBucket[bucket] ?? 0) + 1
      counts.sum += value
    },
    add(other) {
      for (const [bucket, count] of other.perBucket.entries()) perBucket[bucket] = (perBucket[bucket] ?? 0) + count
      counts.sum += other.sum
    },
  }
}
