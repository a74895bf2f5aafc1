/** Where the audit log goes besides the database: what a sink is, and how one is written in the configuration. */
import { isSecureUrl } from '@credence/protocol'

/** Sends lines somewhere. */
export interface Sink {
  /** Resolves when they are there as surely as the sink can tell; rejects when not, and then they are sent again. */
  deliver(lines: readonly SinkLine[], signal: AbortSignal): Promise<void>
  close(): void
}

export interface SinkLine {
  /** JSON in ASCII, without line end. */
  readonly json: string
  /** Epoch seconds. */
  readonly at: number
  readonly action: string
  readonly refused: boolean
}

export type SinkSetting =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'syslog'; readonly transport: 'udp' | 'tcp' | 'tls'; readonly host: string; readonly port: number }
  | { readonly kind: 'webhook'; readonly url: string }

const syslog = /^syslog\+(udp|tcp|tls):\/\/(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/

/** @throws {Error} saying what is wrong */
export const parseSinks = (text: string): readonly SinkSetting[] =>
  text
    .split(/\s+/)
    .filter((part) => part !== '')
    .map(parseSink)

const parseSink = (text: string): SinkSetting => {
  if (text === 'stdout') return { kind: 'stdout' }
  if (text.startsWith('file:') && text.length > 'file:'.length)
    return { kind: 'file', path: text.slice('file:'.length) }
  const [, transport, host, port] = syslog.exec(text) ?? []
  if (transport !== undefined && host !== undefined && Number(port) <= 65_535)
    return {
      kind: 'syslog',
      transport: transport as 'udp' | 'tcp' | 'tls',
      host: host.replace(/^\[|\]$/g, ''),
      port: Number(port),
    }
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) {
    if (isSecureUrl(url)) return { kind: 'webhook', url: url.href }
    throw new Error('must be https, or http on a loopback address')
  }
  throw new Error(
    'must be, with spaces between several: stdout, file:PATH, syslog+udp://HOST:PORT, syslog+tcp://HOST:PORT, syslog+tls://HOST:PORT, https://URL',
  )
}

/** Under which name the database keeps how far a sink has got. What may be secret in a URL's query is not part of it. */
export const sinkName = (setting: SinkSetting): string => {
  switch (setting.kind) {
    case 'stdout':
      return 'stdout'
    case 'file':
      return `file:${setting.path}`
    case 'syslog':
      return `syslog+${setting.transport}://${setting.host}:${setting.port}`
    case 'webhook': {
      const { origin, pathname } = new URL(setting.url)
      return `${origin}${pathname}`
    }
  }
}
