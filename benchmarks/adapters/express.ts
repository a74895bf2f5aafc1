/** An Express app with the guard that the command line names. */
import { createServer } from 'node:http'
import { requireToken } from '@credence/verifier/express'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { serve } from '../servers/serving.ts'
import { createOrders, guardOf, issuer, readOrders } from './command_line.ts'
import { algorithm, answer, audience, path, scope } from './guarded.ts'

const guards = guardOf<readonly RequestHandler[]>({
  none: () => [],
  credence: () => [requireToken(createOrders(), readOrders)],
  'express-oauth2-jwt-bearer': () => [
    auth({ issuerBaseURL: issuer, audience, tokenSigningAlg: algorithm, strict: true }),
    requiredScopes(scope),
  ],
})

/** Without it Express prints what express-oauth2-jwt-bearer refuses. */
const answerRefusal: ErrorRequestHandler = (error: { status: number; headers: object }, _request, response, _next) => {
  response.writeHead(error.status, { ...error.headers }).end()
}

const app = express()
app.get(path, ...guards, (_request, response) => {
  response.json(answer)
})
app.use(answerRefusal)
serve(createServer(app), path)
