/** docs/reference/metrics.md, from the table that the server exposes its metrics by. */
import { type MetricDescription, metricCatalogue } from '@credence/server'
import { generatedNote, type ReferencePage, table } from './page.ts'

const rowOf = ([name, { type, help, labels, buckets }]: [string, MetricDescription]): readonly string[] => [
  `\`${name}\``,
  type,
  Object.entries(labels)
    .map(([label, values]) => `\`${label}\`: ${values}`)
    .join('<br>'),
  buckets === undefined ? help : `${help} Buckets: ${buckets.join(', ')}.`,
]

export const metricsPage: ReferencePage = {
  path: 'docs/reference/metrics.md',
  render: () => `${generatedNote}

# Metrics

\`GET /metrics\` of the management listener and of the local socket, in the Prometheus text format. Over TCP it needs a token with
\`admin:server:read\`; [monitoring](../tasks/monitoring.md) says how Prometheus gets one by itself. Names and labels stay the same; more may
be added. No label has a value that a caller can choose, and none names a client.

${table(['metric', 'type', 'labels', 'what it is'], Object.entries(metricCatalogue).map(rowOf))}

Beside them are the \`process_*\` and \`nodejs_*\` metrics of prom-client: processor time, memory, file descriptors, garbage collection, and
the delay of the event loop.
`,
}
