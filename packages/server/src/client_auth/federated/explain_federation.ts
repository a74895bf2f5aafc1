/** Says in words what a federated credential will accept. */
import type { ClaimCondition, Federation } from '@credence/storage'
import { platforms } from './platforms/platforms.ts'

/** One sentence each, for whoever is about to make the credential or wonders why a token was refused. */
export const explainFederation = (federation: Federation): string[] => {
  const { platform, issuer, subject, audience, claims } = federation
  const { title, whose, maxLifetimeSeconds, singleUse, assertionType } = platforms[platform]
  const holders = subject.values.map((value) => whose(value, subject.match))
  return [
    `It accepts tokens of ${title}: of ${platform === 'spiffe' ? 'the trust domain' : 'the issuer'} ${issuer}, ${keysInWords(federation)}.`,
    `sub must ${conditionInWords(subject)}: ${anyOf(holders)}.`,
    ...claims.map((condition) => `${condition.claim} must ${conditionInWords(condition)}.`),
    `aud must be "${audience}" and nothing beside it.`,
    `It may live ${durationInWords(maxLifetimeSeconds)} at most, and may be used ${singleUse ? 'once, where it has a jti' : 'until it expires'}.`,
    `It is sent as client_assertion, with the client_id, and the client_assertion_type ${assertionType}.`,
  ]
}

/** What to think about again before making the credential, though it works. Empty when there is nothing. */
export const warnAboutFederation = (federation: Federation): string[] => {
  const ownAudience = audiencesOfOthers.includes(federation.audience)
    ? [
        `tokens for ${federation.audience} are made for somebody else, who could be this client with them: choose another audience`,
      ]
    : []
  return [...ownAudience, ...platforms[federation.platform].warn(federation)]
}

/** What tokens are for that everybody asks for, in clusters and clouds. */
const audiencesOfOthers: readonly string[] = [
  'https://kubernetes.default.svc',
  'https://kubernetes.default.svc.cluster.local',
  'sts.amazonaws.com',
  'api://AzureADTokenExchange',
]

const keysInWords = ({ platform, keys }: Federation): string => {
  const what = platform === 'spiffe' ? 'trust bundle' : 'keys'
  if (keys === undefined) return 'signed with the keys that its metadata leads to'
  if ('jwksUri' in keys) return `signed with the ${what} at ${keys.jwksUri}`
  const { keys: pinned } = JSON.parse(keys.jwks) as { readonly keys: readonly unknown[] }
  return `signed with one of the ${pinned.length} keys given here, which change only when you change them`
}

const conditionInWords = ({ match, values }: ClaimCondition): string => {
  const quoted = values.map((value) => `"${value}"`)
  return match === 'prefix' ? `begin with ${anyOf(quoted)} and go on after it` : `be ${anyOf(quoted)}`
}

const anyOf = (words: readonly string[]): string => words.join(', or ')

const durationInWords = (seconds: number): string => {
  if (seconds < 3600) return `${seconds} seconds`
  return seconds === 3600 ? 'an hour' : `${seconds / 3600} hours`
}
