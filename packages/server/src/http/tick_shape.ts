/** Keeps one object of the shape alive that node:process makes for every process.nextTick. */
import { executionAsyncResource } from 'node:async_hooks'

let kept: object | undefined

/**
 * Node 24 writes that object as a literal with computed names. V8 remembers one shape for each of these, weakly: when a
 * full collection finds no such object alive, as it does in a server at rest, the shape is gone, the next one counts as a
 * second, and from then on every member of every tick is defined through the runtime. A request takes some ten ticks:
 * 3 of the 64 µs of CPU that a token takes (benchmarks/turn_wise.md). One object alive, and it does not happen.
 */
export const keepTickShape = (): void => {
  if (kept !== undefined) return
  process.nextTick(() => {
    kept = executionAsyncResource()
  })
}
