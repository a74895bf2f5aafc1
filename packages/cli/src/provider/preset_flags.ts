/** Which options belong to which provider, so that one that would be ignored is refused, and a missing one named. */
import { usageError } from '../cli_error.ts'
import type { ProviderName, ProviderOptions } from './provider_options.ts'

type Flag = keyof ProviderOptions

interface PresetFlags {
  readonly needs: readonly Flag[]
  readonly takes: readonly Flag[]
}

const presetFlags: Readonly<Record<ProviderName, PresetFlags>> = {
  auth0: { needs: ['domain', 'audience'], takes: [] },
  okta: { needs: ['domain', 'scope'], takes: ['authorizationServer'] },
  entra: { needs: ['tenant', 'scope'], takes: ['authority'] },
  cognito: { needs: ['domain', 'userPool'], takes: ['issuer'] },
  google: { needs: ['keyFile'], takes: ['targetAudience'] },
  keycloak: { needs: ['url', 'realm'], takes: [] },
  credence: { needs: [], takes: ['issuer'] },
  generic: { needs: [], takes: ['issuer', 'tokenEndpoint'] },
}

const ownFlags = new Set<Flag>([
  'issuer',
  'tokenEndpoint',
  'domain',
  'authorizationServer',
  'tenant',
  'authority',
  'userPool',
  'keyFile',
  'targetAudience',
  'url',
  'realm',
])

/** @throws {CliError} `usage` */
export const checkPresetFlags = (name: ProviderName, options: ProviderOptions): void => {
  const { needs, takes } = presetFlags[name]
  const missing = needs.filter((flag) => options[flag] === undefined)
  if (missing.length > 0) throw usageError(`--provider ${name} needs ${missing.map(spell).join(' and ')}`)
  const known = new Set<Flag>([...needs, ...takes])
  const idle = [...ownFlags].filter((flag) => options[flag] !== undefined && !known.has(flag))
  if (idle.length > 0) {
    throw usageError(
      options.provider === undefined
        ? `${idle.map(spell).join(' and ')}: say whose it is by --provider`
        : `--provider ${name} has no use for ${idle.map(spell).join(' and ')}`,
    )
  }
}

const spell = (flag: Flag): string => `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
