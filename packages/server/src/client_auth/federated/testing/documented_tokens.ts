/** Tokens of every platform, in the form that its documentation gives, and the credential that accepts them. */
import type { NewFederation } from '../federated_credential.ts'
import type { PlatformName } from '../platforms/platform.ts'

/** This server's issuer. */
export const ownIssuer = 'https://auth.example.com'

export interface DocumentedToken {
  readonly federation: NewFederation & { readonly platform: PlatformName }
  readonly header: object
  readonly claims: Readonly<Record<string, unknown>>
}

/** @param now epoch seconds */
export const documentedTokens = (now: number): Readonly<Record<PlatformName, DocumentedToken>> => ({
  kubernetes: {
    federation: {
      platform: 'kubernetes',
      issuer: 'https://kubernetes.default.svc.cluster.local',
      subject: 'system:serviceaccount:batch:reporter',
      claims: { 'kubernetes.io.namespace': 'batch' },
    },
    header: {},
    claims: {
      aud: [ownIssuer],
      exp: now + 3600,
      iat: now,
      iss: 'https://kubernetes.default.svc.cluster.local',
      jti: 'aed34954-b33a-4142-b1ec-389d6bbb4936',
      'kubernetes.io': {
        namespace: 'batch',
        node: { name: 'my-node', uid: '646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1' },
        pod: { name: 'reporter-6f7', uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3' },
        serviceaccount: { name: 'reporter', uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
      },
      nbf: now,
      sub: 'system:serviceaccount:batch:reporter',
    },
  },
  github: {
    federation: {
      platform: 'github',
      subject: 'repo:octo-org@65/octo-repo@74:environment:prod',
      claims: { repository_owner_id: '65', ref: 'refs/heads/main' },
    },
    header: { typ: 'JWT', x5t: 'example-thumbprint' },
    claims: {
      jti: 'example-id',
      sub: 'repo:octo-org@65/octo-repo@74:environment:prod',
      environment: 'prod',
      aud: ownIssuer,
      ref: 'refs/heads/main',
      sha: 'example-sha',
      repository: 'octo-org/octo-repo',
      repository_owner: 'octo-org',
      actor_id: '12',
      repository_visibility: 'private',
      repository_id: '74',
      repository_owner_id: '65',
      run_id: 'example-run-id',
      run_number: '10',
      run_attempt: '2',
      runner_environment: 'github-hosted',
      actor: 'octocat',
      workflow: 'example-workflow',
      head_ref: '',
      base_ref: '',
      event_name: 'workflow_dispatch',
      ref_type: 'branch',
      job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
      iss: 'https://token.actions.githubusercontent.com',
      nbf: now - 600,
      exp: now + 300,
      iat: now,
    },
  },
  gitlab: {
    federation: {
      platform: 'gitlab',
      subject: 'project_path:my-group/my-project:ref_type:branch:ref:main',
      claims: { project_id: '22', ref_protected: 'true' },
    },
    header: { typ: 'JWT' },
    claims: {
      namespace_id: '72',
      namespace_path: 'my-group',
      project_id: '22',
      project_path: 'my-group/my-project',
      user_id: '1',
      user_login: 'sample-user',
      pipeline_id: '574',
      pipeline_source: 'push',
      job_id: '302',
      ref: 'main',
      ref_type: 'branch',
      ref_path: 'refs/heads/main',
      ref_protected: 'true',
      runner_id: 1,
      runner_environment: 'self-hosted',
      sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      groups_direct: ['my-group', 'my-group/sub'],
      jti: '235b3a54-b797-45c7-ae9a-f72d7bc6ef5b',
      iat: now,
      nbf: now - 5,
      exp: now + 3600,
      iss: 'https://gitlab.com',
      sub: 'project_path:my-group/my-project:ref_type:branch:ref:main',
      aud: ownIssuer,
    },
  },
  google: {
    federation: {
      platform: 'google',
      issuer: 'https://accounts.google.com',
      subject: '112010400000000710080',
      claims: { email: 'reporter@my-project.iam.gserviceaccount.com' },
    },
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://accounts.google.com',
      iat: now,
      exp: now + 3600,
      aud: ownIssuer,
      sub: '112010400000000710080',
      azp: '112010400000000710080',
      email: 'reporter@my-project.iam.gserviceaccount.com',
      email_verified: true,
      google: { compute_engine: { project_id: 'my-project', zone: 'us-central1-b', instance_name: 'reporter-1' } },
    },
  },
  aws: {
    federation: {
      platform: 'aws',
      issuer: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
      subject: 'arn:aws:iam::123456789012:role/DataProcessingRole',
      claims: { 'https://sts.amazonaws.com/.aws_account': '123456789012' },
    },
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
      aud: ownIssuer,
      sub: 'arn:aws:iam::123456789012:role/DataProcessingRole',
      iat: now,
      exp: now + 300,
      jti: 'xyz123-def456-ghi789-jkl012',
      'https://sts.amazonaws.com/': {
        aws_account: '123456789012',
        source_region: 'us-east-1',
        org_id: 'o-abc1234567',
        principal_tags: { environment: 'production' },
      },
    },
  },
  azure: {
    federation: {
      platform: 'azure',
      issuer: 'https://sts.windows.net/fa15d692-e9c7-4460-a743-29f29522229a/',
      subject: '6f8b7f3a-1c1e-4a56-9f0a-4d1f6f0d3b11',
      audience: 'api://credence',
      claims: { appid: 'f5a4c8a1-2f5e-4c0e-8f5c-1b2c3d4e5f60' },
    },
    header: { typ: 'JWT', x5t: 'example-thumbprint' },
    claims: {
      aud: 'api://credence',
      iss: 'https://sts.windows.net/fa15d692-e9c7-4460-a743-29f29522229a/',
      iat: now - 300,
      nbf: now - 300,
      exp: now + 86_400,
      aio: 'E2NgYPj',
      appid: 'f5a4c8a1-2f5e-4c0e-8f5c-1b2c3d4e5f60',
      appidacr: '2',
      idp: 'https://sts.windows.net/fa15d692-e9c7-4460-a743-29f29522229a/',
      oid: '6f8b7f3a-1c1e-4a56-9f0a-4d1f6f0d3b11',
      sub: '6f8b7f3a-1c1e-4a56-9f0a-4d1f6f0d3b11',
      tid: 'fa15d692-e9c7-4460-a743-29f29522229a',
      uti: 'example',
      ver: '1.0',
    },
  },
  spiffe: {
    federation: {
      platform: 'spiffe',
      issuer: 'spiffe://example.org',
      subject: 'spiffe://example.org/ns/batch/sa/reporter',
    },
    header: { typ: 'JWT' },
    claims: {
      aud: [ownIssuer],
      exp: now + 300,
      iat: now,
      sub: 'spiffe://example.org/ns/batch/sa/reporter',
    },
  },
  oidc: {
    federation: { platform: 'oidc', issuer: 'https://login.example.net', subject: 'reporter' },
    header: { typ: 'at+jwt' },
    claims: {
      iss: 'https://login.example.net',
      sub: 'reporter',
      client_id: 'reporter',
      aud: ownIssuer,
      iat: now,
      exp: now + 600,
      jti: 'token-1',
    },
  },
})
