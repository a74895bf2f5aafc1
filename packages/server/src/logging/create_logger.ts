/** The log: one JSON object a line. docs/tasks/monitoring.md says what each level has. */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import type { Configuration } from '../configuration/configuration.ts'

export const createLogger = (level: Configuration['logLevel'], to: DestinationStream): Logger =>
  pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      // a level by its name, which is what those who collect logs look for
      formatters: { level: (label) => ({ level: label }) },
    },
    to,
  )
