/** Every metric of Credence: the one table that the server, docs/reference/metrics.md and the tests of deploy/ go by. */

export interface MetricDescription {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Label names, each with what its values are: a bounded set, never a client, a credential or an address. */
  readonly labels: Readonly<Record<string, string>>
  /** Upper bounds of a histogram, in the metric's unit. */
  readonly buckets?: readonly number[]
}

/** Seconds. A token takes some 50 µs, a refused authentication 10 ms, a store that is far or slow more. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] as const

const grantType = 'wire name of the grant type, `other` for one that is not supported, `none` when it was not read'
const result = '`issued`, the error code of the answer, or `too_many_requests` whatever the code of a 429'

export const catalogue = {
  credence_build_info: {
    type: 'gauge',
    help: 'Always 1; what runs is in the labels.',
    labels: { version: 'of Credence', node_version: 'of Node', dialect: '`sqlite` or `postgres`' },
  },
  credence_token_requests_total: {
    type: 'counter',
    help: 'Token requests that were answered.',
    labels: {
      grant_type: grantType,
      client_auth_method:
        'wire name of the client authentication method; `client_assertion` or `client_certificate` where it was refused before it was known which of its methods it is, `none` when it was not read',
      result,
    },
  },
  credence_token_request_duration_seconds: {
    type: 'histogram',
    help: 'From the headers of a token request to its answer, the wait for the body included.',
    labels: { grant_type: grantType, result },
    buckets: durationBuckets,
  },
  credence_http_requests_total: {
    type: 'counter',
    help: 'Requests on the public listener.',
    labels: { endpoint: 'path of the endpoint, `none` for a path that is none', status: 'HTTP status code' },
  },
  credence_management_requests_total: {
    type: 'counter',
    help: 'Requests to the management API, on the local socket too.',
    labels: { operation: 'operationId of the OpenAPI document, `none` for anything else', status: 'HTTP status code' },
  },
  credence_directory_lookups_total: {
    type: 'counter',
    help: 'Look-ups of what the token path needs. A miss reads the store.',
    labels: { kind: '`client`, `api`, or `credential` (whose it is)', result: '`hit` or `miss`' },
  },
  credence_directory_entries: {
    type: 'gauge',
    help: 'What is held in memory of it.',
    labels: { kind: 'as above' },
  },
  credence_directory_capacity_entries: {
    type: 'gauge',
    help: 'How much of each kind is held at most (--directory-size).',
    labels: {},
  },
  credence_signing_queue_depth: {
    type: 'gauge',
    help: 'Signatures that wait for the end of this turn of the event loop.',
    labels: {},
  },
  credence_signing_turn_signatures: {
    type: 'histogram',
    help: 'How many signatures were made together at the end of a turn of the event loop.',
    labels: {},
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048],
  },
  credence_quota_exceeded_total: {
    type: 'counter',
    help: 'Token requests beyond the quota of their client.',
    labels: { mode: '`enforce`: refused with 429; `observe`: only counted' },
  },
  credence_failed_authentications_limited_total: {
    type: 'counter',
    help: 'Client authentications that failed and were answered with 429, because too many from their address did.',
    labels: {},
  },
  credence_requests_at_once: {
    type: 'gauge',
    help: 'Requests to the form endpoints that are being worked on.',
    labels: {},
  },
  credence_requests_shed_total: {
    type: 'counter',
    help: 'Requests refused with 503 because too many were being worked on (--max-requests-at-once).',
    labels: {},
  },
  credence_findings: {
    type: 'gauge',
    help: 'Findings, as of some ten minutes ago at most. About the same on every replica; none before they were first computed.',
    labels: { kind: 'kind of the finding', severity: '`info`, `warning` or `critical`' },
  },
  credence_usage_dropped_total: {
    type: 'counter',
    help: 'Tokens and refusals that usage does not have, because too many had to be told apart at once.',
    labels: {},
  },
  credence_signing_keys: {
    type: 'gauge',
    help: 'Signing keys that there are.',
    labels: { status: '`published` (to sign later), `active`, or `retired` (its tokens may be alive)' },
  },
  credence_signing_key_age_seconds: {
    type: 'gauge',
    help: 'Since the active key of an algorithm began to sign.',
    labels: { algorithm: '`ES256`, `RS256`, `PS256` or `EdDSA`' },
  },
  credence_audit_waiting_events: {
    type: 'gauge',
    help: 'Authentication failures and single tokens that are to be recorded and are only in memory yet.',
    labels: {},
  },
  credence_audit_dropped_total: {
    type: 'counter',
    help: 'Single tokens that the audit log has in a count alone, because more were issued than could be written.',
    labels: {},
  },
  credence_audit_sink_lag_records: {
    type: 'gauge',
    help: 'Audit records that a sink has not taken. It reads a hundred at a time: 100 means that many or more.',
    labels: { sink: 'as the configuration names it, without what may be secret' },
  },
  credence_revocation_entries: {
    type: 'gauge',
    help: 'Revocations that a living token may need: revoked tokens and cut-offs, all in memory.',
    labels: {},
  },
  credence_revocation_feed_subscribers: {
    type: 'gauge',
    help: 'Open streams of the revocation feed.',
    labels: {},
  },
  credence_replay_entries: {
    type: 'gauge',
    help: 'Client assertions and DPoP proofs that have been used and are remembered, as of a minute ago at most; of all replicas together.',
    labels: {},
  },
  credence_replay_waiting_claims: {
    type: 'gauge',
    help: 'Client assertions and DPoP proofs of which the store is being asked whether they have been used.',
    labels: {},
  },
  credence_replay_refused_total: {
    type: 'counter',
    help: 'Requests refused because of an assertion or a proof that was, or may have been, used before.',
    labels: {
      reason:
        '`replayed`, or `uncertain`: made before a backup was restored, or the machine started or another took over, when it may have been used',
    },
  },
  credence_replay_swept_total: {
    type: 'counter',
    help: 'Entries of used assertions and proofs that this process deleted because they had expired.',
    labels: {},
  },
  credence_change_feed_lag_seconds: {
    type: 'gauge',
    help: 'Since the change log was last read to its end: how old what this process knows may be.',
    labels: {},
  },
  credence_declarative_faults: {
    type: 'gauge',
    help: 'Faults of the declarative source as it is now; above 0, what it said last stays in force (--declarative).',
    labels: {},
  },
  credence_declarative_in_step_timestamp_seconds: {
    type: 'gauge',
    help: 'When the server was last found or brought in step with its declarative source.',
    labels: {},
  },
  credence_declarative_changes_total: {
    type: 'counter',
    help: 'Changes that this process made to be in step with its declarative source.',
    labels: {},
  },
  credence_store_operation_duration_seconds: {
    type: 'histogram',
    help: 'What the store was asked for, and how long it took, waiting for a connection included.',
    labels: { store: 'one part of the store such as `clients`, `transaction` for a whole one' },
    buckets: durationBuckets,
  },
  credence_store_errors_total: {
    type: 'counter',
    help: 'Store operations that failed.',
    labels: { store: 'as above', code: 'code of the StoreError, `unexpected` for anything else' },
  },
} as const satisfies Readonly<Record<`credence_${string}`, MetricDescription>>

export type MetricName = keyof typeof catalogue

/** The labels of a metric: each of its names, and no other. */
export type Labels<Name extends MetricName> = { readonly [Label in keyof (typeof catalogue)[Name]['labels']]: string }
