/** A backup of all that the server keeps, while it runs: JSON lines, gzipped. RFC 1952. */
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { Problem } from './problem.ts'

const linesPerChunk = 100

export const addBackupRoute = (app: FastifyInstance, { storage, administer, server }: AdminDeps): void => {
  let underWay = false

  addAdminRoute(app, {
    method: 'GET',
    url: '/backup',
    scope: 'admin:backup:read',
    operationId: 'getBackup',
    summary: 'Get a backup of everything, as of now; without the master key, which what is sealed needs',
    schema: {},
    success: { status: 200, description: 'JSON lines, gzipped; the last one says that it is whole (application/gzip)' },
    async handler({ caller }, reply) {
      // each one holds a snapshot of the database open
      if (underWay)
        throw new Problem('unavailable', 'another backup is under way', { headers: { 'retry-after': '10' } })
      underWay = true
      try {
        await administer(caller, { action: 'backup.read', subject: 'backup' }, async () => ({ result: undefined }))
      } catch (error) {
        underWay = false
        throw error
      }
      const lines = storage.dump({ issuer: server.issuer, version: server.version })
      const body = pipeline(Readable.from(inChunks(lines)), createGzip(), (error) => {
        underWay = false
        if (error) app.log.warn({ err: error }, 'a backup was not read to its end')
      })
      return reply.header('content-type', 'application/gzip').send(body)
    },
  })
}

async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk: string[] = []
  for await (const line of lines) {
    chunk.push(line)
    if (chunk.length < linesPerChunk) continue
    yield `${chunk.join('\n')}\n`
    chunk = []
  }
  if (chunk.length > 0) yield `${chunk.join('\n')}\n`
}
