/** Kubernetes: projected service account tokens. */
import { day, ordinary, type Platform } from './platform.ts'

const name = '[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?'
const account = new RegExp(`^system:serviceaccount:${name}:${name}$`)
const namespace = new RegExp(`^system:serviceaccount:${name}:$`)

/** Names that only a cluster resolves. */
const inCluster = /^https?:\/\/[^/]*\.svc(?:\.cluster\.local)?(?:[:/]|$)/

export const kubernetes: Platform = {
  ...ordinary,
  title: 'Kubernetes',
  // the kubelet replaces a projected token once it is a day old, whatever it was asked for
  maxLifetimeSeconds: day,
  prefixEnds: [':'],
  checkSubject(value, { subject }) {
    if ((subject.match === 'prefix' ? namespace : account).test(value)) return undefined
    return 'must be system:serviceaccount:NAMESPACE:NAME, or system:serviceaccount:NAMESPACE:* for all of a namespace'
  },
  whose(value, match) {
    const [, , inNamespace, serviceAccount] = value.split(':')
    return match === 'prefix'
      ? `every service account of the namespace ${inNamespace}`
      : `the service account ${serviceAccount} of the namespace ${inNamespace}`
  },
  warn({ issuer, keys, subject }) {
    const warnings: string[] = []
    if (keys === undefined && inCluster.test(issuer)) {
      warnings.push(
        `${issuer} can be reached inside of its cluster only: give its keys, as "kubectl get --raw /openid/v1/jwks" prints them`,
      )
    }
    if (subject.match === 'prefix') {
      warnings.push('whoever may create a service account in the namespace can be this client')
    }
    return warnings
  },
}
