/** The command `credence`. */
import { runCommandLine } from './run_command_line.ts'

// whoever reads may have read enough: credence client list | head -1
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await runCommandLine(process.argv.slice(2))
