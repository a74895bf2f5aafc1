/** Turn-wise work: all that arrives in one turn of the event loop is worked off first and only then handed on. */

export interface Task<Result> {
  work(): Result
  done(result: Result): void
}

export const createTurn = <Result>(): ((task: Task<Result>) => void) => {
  let waiting: Task<Result>[] = []
  const finish = (): void => {
    const turn = waiting
    waiting = []
    const finished = turn.map((task) => ({ task, result: task.work() }))
    for (const { task, result } of finished) task.done(result)
  }
  return (task) => {
    if (waiting.push(task) === 1) setImmediate(finish)
  }
}
