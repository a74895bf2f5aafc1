/** An authorization server for other people's tests. */
export type { Fault, FaultOptions } from './faults.ts'
export type { TokenChanges } from './issue_token.ts'
export type { PresetOptions, ServiceAccountKey } from './preset_options.ts'
export type { EndpointName, RecordedRequest } from './recorded_requests.ts'
export type { ClientOptions, TestClient } from './registered_client.ts'
export type { RotateKeysOptions } from './signing_keys.ts'
export { type SkinName, skinNames } from './skins/skins.ts'
export {
  type IssueTokenOptions,
  startTestAuthorizationServer,
  type TestAuthorizationServer,
  type TestAuthorizationServerOptions,
} from './start_test_authorization_server.ts'
export { createTestClock, type TestClock } from './test_clock.ts'
