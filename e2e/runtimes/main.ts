/** The scenario as a program, for runtimes that run one: settings as JSON in SETTINGS, the result as JSON on a line. */
import { runScenario } from './scenario.ts'

console.log(JSON.stringify(await runScenario(JSON.parse(globalThis.process.env.SETTINGS ?? '{}'))))
