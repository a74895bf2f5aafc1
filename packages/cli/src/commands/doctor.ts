/** `credence doctor`: checks what usually goes wrong between a service and its provider, one line each. */
import type { Command } from 'commander'
import { addProviderOptions, secretNote } from '../provider/provider_options.ts'
import { addExamples, addJsonOption, dataDescription } from './command_options.ts'

export const defineDoctor = (command: Command): void => {
  command.description(
    'Check what usually goes wrong between a service and its provider, any provider: reach, TLS, clocks, metadata, ' +
      'credentials, scope, audience, keys, and whether an API would take the token. A line each, with what to do; exit code 1 ' +
      'if any fails. Without --issuer and --provider: the server on this machine. Without a client: what anybody may see. ' +
      `It asks for one token, and changes nothing. ${secretNote}`,
  )
  addProviderOptions(command)
    .option('--data <FOLDER>', dataDescription)
    .action(async (options) => (await import('../doctor/run_doctor.ts')).runDoctor(options))
  addJsonOption(command)
  addExamples(command, [
    'credence doctor',
    'credence doctor --issuer https://auth.example.com --client-id report-job --scope orders:read',
    'credence doctor --provider entra --tenant 8c3d1f6a-52b7-4e09-9a41-6d2f0b7c9e55 --client-id 3b7e0c52-9f14-4d68-8a2b-51c7d9e0f3a6 --scope api://orders/.default',
  ])
}
