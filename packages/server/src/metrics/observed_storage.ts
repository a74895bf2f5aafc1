/** The store with a watch on it: how long each of its parts takes to answer, and what failed. */
import type { Clock } from '@credence/protocol'
import { type Storage, StoreError } from '@credence/storage'
import { catalogue } from './catalogue.ts'
import { createCounts, getOrCreate } from './counts.ts'
import { createHistogram, type Histogram } from './histogram.ts'
import type { Metrics } from './metrics.ts'

const { buckets } = catalogue.credence_store_operation_duration_seconds

type Operation = (...given: unknown[]) => unknown

/** Returns a store that does what the given one does. What a transaction does inside is one operation, `transaction`. */
export const observeStorage = <S extends Storage>(storage: S, clock: Clock, metrics: Metrics): S => {
  const durations = new Map<string, Histogram>()
  const errors = createCounts()

  const observe =
    (store: string, operation: Operation): Operation =>
    (...given) => {
      const startedAt = clock.monotonicMs()
      const noteEnd = () => {
        const histogram = getOrCreate(durations, store, () => createHistogram(buckets))
        histogram.observe((clock.monotonicMs() - startedAt) / 1000)
      }
      const noteError = (error: unknown) => {
        if (error instanceof StoreError) errors.add(store, error.code)
        // anything else that a transaction throws is what its work refused, and no fault of the store
        else if (store !== 'transaction') errors.add(store, 'unexpected')
      }
      const result = operation(...given)
      if (result instanceof Promise) result.catch(noteError).finally(noteEnd)
      return result
    }

  metrics.register('credence_store_operation_duration_seconds', () =>
    [...durations].map(([store, histogram]) => ({ labels: { store }, value: histogram.counts })),
  )
  metrics.register('credence_store_errors_total', () =>
    errors.entries().map(([store, code, value]) => ({ labels: { store, code }, value })),
  )
  const observeAll = (part: object, store: string): object =>
    mapValues(part, (value) => (isOperation(value) ? observe(store, value) : value))
  return mapValues(storage, (value, name) => {
    if (name === 'close') return value
    if (isOperation(value)) return observe(wireName(name), value)
    return typeof value === 'object' && value !== null ? observeAll(value, wireName(name)) : value
  }) as S
}

const isOperation = (value: unknown): value is Operation => typeof value === 'function'

const wireName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const mapValues = (object: object, change: (value: unknown, name: string) => unknown): object =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]))
