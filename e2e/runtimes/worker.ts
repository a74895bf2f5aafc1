/** The scenario as a worker, for workerd: settings as JSON in a request, the result as JSON in the answer. */
import { runScenario } from './scenario.ts'

export default {
  fetch: async (request: Request): Promise<Response> => {
    try {
      return Response.json(await runScenario(JSON.parse(await request.text())))
    } catch (error) {
      return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 })
    }
  },
}
