/** Makes the sink of a setting. */
import type { Clock } from '@credence/protocol'
import { createFileSink } from './file.ts'
import type { Sink, SinkSetting } from './sink.ts'
import { createStdoutSink } from './stdout.ts'
import { createSyslogSink } from './syslog.ts'
import { createWebhookSink } from './webhook.ts'

export const createSink = (
  setting: SinkSetting,
  { clock, webhookSecret }: { readonly clock: Clock; readonly webhookSecret: string | undefined },
): Sink => {
  switch (setting.kind) {
    case 'file':
      return createFileSink(setting.path)
    case 'stdout':
      return createStdoutSink()
    case 'syslog':
      return createSyslogSink(setting)
    case 'webhook':
      // that it is there, the configuration has checked
      return createWebhookSink({ url: setting.url, secret: webhookSecret ?? '', clock })
  }
}
