/** GitHub Actions: the OIDC tokens of jobs with the permission `id-token: write`. */
import { platformClockToleranceSeconds } from '@credence/jwt'
import { type Federation, longestClaimSeconds } from '@credence/storage'
import { hasClaim, ordinary, type Platform } from './platform.ts'

const repository = /^repo:([^/:\s]+)\/([^/:\s]+):/

/** With the ids that never change: `repo:OWNER@ID/NAME@ID`. */
const immutable = /^repo:[^/:\s]+@\d+\/[^/:\s]+@\d+:/

const isTiedToIds = (federation: Federation): boolean =>
  federation.subject.values.every((value) => immutable.test(value)) ||
  hasClaim(federation, 'repository_id', 'repository_owner_id')

export const github: Platform = {
  ...ordinary,
  title: 'GitHub Actions',
  issuer: 'https://token.actions.githubusercontent.com',
  // they live for five minutes; longer than this, by clocks that are off either way, nobody would remember that one has been used
  maxLifetimeSeconds: longestClaimSeconds - 2 * platformClockToleranceSeconds,
  // each request of a job gets a token of its own, so one that comes twice was taken from a log
  singleUse: true,
  prefixEnds: [':', '/'],
  checkSubject(value, { subject }) {
    if (value === 'repo:') return 'would be every repository of GitHub: name one, as in repo:OWNER/REPO:*'
    // an organisation may have put another claim first, so that not every subject begins with repo:
    if (/^[^:]+:./.test(value)) return undefined
    return `must be ${subject.match === 'prefix' ? 'repo:OWNER/REPO:*' : 'repo:OWNER/REPO:ref:refs/heads/BRANCH or repo:OWNER/REPO:environment:NAME'}`
  },
  whose(value, match) {
    const [head, owner, name] = repository.exec(value) ?? []
    if (head === undefined)
      return match === 'prefix' ? 'every job whose subject begins so' : 'the jobs with this subject'
    const rest = value.slice(head.length)
    const jobs = `the repository ${owner}/${name}`
    if (rest === '') return `every job of ${jobs}`
    return match === 'prefix' ? `the jobs of ${jobs} for ${rest}…` : `the jobs of ${jobs} for ${rest}`
  },
  warn(federation) {
    const warnings: string[] = []
    const { match, values } = federation.subject
    if (match === 'prefix' && values.some((value) => !repository.test(value))) {
      warnings.push('every repository of the owner can be this client, also one made tomorrow: name the repository')
    } else if (match === 'prefix' && values.some((value) => repository.exec(value)?.[0] === value)) {
      warnings.push('every branch, tag, environment and pull request of the repository can be this client: name one')
    }
    if (match === 'exact' && values.some((value) => /^repo:[^:]*$/.test(value))) {
      warnings.push('subjects of GitHub go on after the repository, unless you have had them made otherwise')
    }
    if (!isTiedToIds(federation)) {
      warnings.push(
        'names of owners and repositories can be taken over once they are free: use the subject with ids, or add --claim repository_id=ID',
      )
    }
    return warnings
  },
}
