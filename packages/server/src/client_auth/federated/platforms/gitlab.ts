/** GitLab CI: the ID tokens of jobs with `id_tokens`. */
import { day, hasClaim, ordinary, type Platform } from './platform.ts'

const project = /^project_path:([^:\s]+\/[^:\s]+):/

export const gitlab: Platform = {
  ...ordinary,
  title: 'GitLab CI',
  issuer: 'https://gitlab.com',
  // as long as the job may take
  maxLifetimeSeconds: day,
  prefixEnds: [':', '/'],
  checkSubject(value, { subject }) {
    if (/^project_path:[^:/\s]+\/./.test(value)) return undefined
    if (subject.match === 'prefix' && /^project_path:[^:/\s]+\/$/.test(value)) return undefined
    return 'must be project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH, or project_path:GROUP/PROJECT:*'
  },
  whose(value, match) {
    const [head, path] = project.exec(value) ?? []
    if (head === undefined) return match === 'prefix' ? 'every project below the group' : 'the jobs with this subject'
    const rest = value.slice(head.length)
    if (rest === '') return `every job of the project ${path}`
    return match === 'prefix'
      ? `the jobs of the project ${path} for ${rest}…`
      : `the jobs of the project ${path} for ${rest}`
  },
  warn(federation) {
    const warnings: string[] = []
    const { match, values } = federation.subject
    if (match === 'prefix' && values.some((value) => !project.test(value))) {
      warnings.push('every project below the group can be this client, also one made tomorrow: name the project')
    }
    if (match === 'prefix' && !hasClaim(federation, 'ref_protected')) {
      warnings.push('whoever may push any branch can be this client: add --claim ref_protected=true')
    }
    if (!hasClaim(federation, 'project_id', 'namespace_id')) {
      warnings.push('paths can be taken over once they are free: add --claim project_id=ID')
    }
    return warnings
  },
}
