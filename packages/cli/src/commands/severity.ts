/** How grave a finding is, the least first. */
export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]
