/** Hearing at once that another process has changed something: LISTEN on a connection of its own, made anew whenever it is lost. */
import pg from 'pg'

/** Notices of other databases of the same server are not heard. */
export const changeChannel = 'credence_change'

const connectMs = 1_500
const answerMs = 6_000
/** The pause before a new connection doubles from the first to the second of these. */
const pauses = { firstMs: 500, mostMs: 30_000 } as const

/**
 * Calls `onChange` for every commit with a change, and after every connection that was made, since whatever was said
 * before it was not heard.
 *
 * Does not check: that a notice arrives. Whoever depends on changes has to look by itself as well.
 *
 * @returns what ends it
 */
export const watchPostgresChanges = (url: string, onChange: () => void): (() => void) => {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let failures = 0

  const connect = () => {
    const next = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectMs,
      query_timeout: answerMs,
      keepAlive: true,
      application_name: 'credence',
    })
    const lose = () => {
      if (client !== next) return
      drop()
      timer = setTimeout(connect, Math.min(pauses.firstMs * 2 ** Math.min(failures++, 10), pauses.mostMs))
      timer.unref()
    }
    client = next
    next.on('notification', onChange).on('error', lose).on('end', lose)
    next
      .connect()
      .then(() => next.query(`listen ${changeChannel}`))
      .then(() => {
        failures = 0
        if (!stopped) onChange()
      })
      .catch(lose)
  }

  const drop = () => {
    const lost = client
    client = undefined
    // one that is broken already ends with an error, which changes nothing
    lost
      ?.removeListener('notification', onChange)
      .end()
      .catch(() => undefined)
  }

  connect()
  return () => {
    stopped = true
    clearTimeout(timer)
    drop()
  }
}
