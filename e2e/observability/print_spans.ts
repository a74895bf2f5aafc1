/** Loaded before the server (`--import`), as an operator loads an OpenTelemetry SDK: writes each span that ends to standard error. */
import { registerRecordingSdk } from '../../packages/server/src/tracing/testing/recording_sdk.ts'

registerRecordingSdk(({ name, traceId, parent, attributes }) =>
  process.stderr.write(`${JSON.stringify({ span: name, traceId, parent: parent?.spanId, attributes })}\n`),
)
