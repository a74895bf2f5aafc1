/** Syslog over UDP, TCP or TLS. RFC 5424; RFC 5426 (UDP), RFC 6587 §3.4.1 (TCP), RFC 5425 (TLS). */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectTcp, isIPv6, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import type { Sink, SinkLine, SinkSetting } from './sink.ts'

export type SyslogSetting = Extract<SinkSetting, { kind: 'syslog' }>

/** Facility 13, log audit; severity 6, informational, or 4, warning. RFC 5424 §6.2.1. */
const priorities = { done: 13 * 8 + 6, refused: 13 * 8 + 4 }

/** RFC 5424 §6: HEADER, no structured data, and a MSG that is ASCII and so needs no byte order mark. */
export const formatSyslog = ({ json, at, action, refused }: SinkLine, host: string = hostname()): string => {
  const priority = refused ? priorities.refused : priorities.done
  const time = new Date(at * 1000).toISOString()
  return `<${priority}>1 ${time} ${host.replace(/[^!-~]/g, '_').slice(0, 255) || '-'} credence ${process.pid} ${action.slice(0, 32)} - ${json}`
}

export const createSyslogSink = (setting: SyslogSetting): Sink =>
  setting.transport === 'udp' ? createUdpSink(setting) : createStreamSink(setting)

/** RFC 5426 §3.2: receivers should take 2048 octets; whatever is cut is in the database. */
const maxDatagram = 8 * 1024

const createUdpSink = ({ host, port }: SyslogSetting): Sink => {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4').unref()
  // a refusal that comes back for an earlier datagram; UDP promises nothing
  socket.on('error', () => undefined)
  const send = (message: string) =>
    new Promise<void>((resolve, reject) => {
      socket.send(Buffer.from(message).subarray(0, maxDatagram), port, host, (error) =>
        error ? reject(error) : resolve(),
      )
    })
  return {
    async deliver(lines) {
      for (const line of lines) await send(formatSyslog(line))
    },
    close: () => socket.close(),
  }
}

const createStreamSink = ({ host, port, transport }: SyslogSetting): Sink => {
  let connected: Socket | undefined

  const connect = async (signal: AbortSignal): Promise<Socket> => {
    const socket = transport === 'tls' ? connectTls({ host, port }) : connectTcp({ host, port })
    try {
      await once(socket, transport === 'tls' ? 'secureConnect' : 'connect', { signal })
    } catch (error) {
      socket.destroy()
      throw error
    }
    socket.on('error', () => undefined)
    socket.once('close', () => {
      if (connected === socket) connected = undefined
    })
    socket.unref().resume()
    return socket
  }

  return {
    async deliver(lines, signal) {
      const socket = connected ?? (await connect(signal))
      connected = socket
      const frames = lines.map((line) => formatSyslog(line)).map((message) => `${message.length} ${message}`)
      try {
        await write(socket, frames.join(''), signal)
      } catch (error) {
        // half of a frame may be on its way: whatever follows on this connection would be read wrongly
        socket.destroy()
        throw error
      }
    },
    close: () => connected?.destroy(),
  }
}

const write = (socket: Socket, text: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    socket.write(text, (error) => (error ? reject(error) : resolve()))
  })
