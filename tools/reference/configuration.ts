/** docs/reference/configuration.md, from the table of options. */
import { type Option, options } from '@credence/server'
import { generatedNote, type ReferencePage, table } from './page.ts'

const fallbackOf = ({ name, fallback }: Option): string => {
  if (name === 'data') return '`./credence-data`'
  return fallback === undefined ? '' : `\`${fallback}\``
}

const rowOf = (option: Option): readonly string[] => {
  const key = option.flag.replaceAll('-', '_')
  const orFile = option.secret ? ['_FILE', '_file'] : ['', '']
  return [
    `\`--${option.flag} ${option.value}\``,
    `\`${option.variable}\`${orFile[0] && ` or \`${option.variable}${orFile[0]}\``}`,
    `\`${key}\`${orFile[1] && ` or \`${key}${orFile[1]}\``}`,
    fallbackOf(option),
    option.help,
  ]
}

export const configurationPage: ReferencePage = {
  path: 'docs/reference/configuration.md',
  render: () => `${generatedNote}

# Configuration of \`credence serve\`

Every option has a flag, an environment variable and a key of the configuration file (\`--config FILE\`, YAML). A flag goes before a
variable, a variable before the file. An unknown key or variable, a bad value or a contradiction stops the start: every fault is listed at
once, and the exit code is 78. A secret is better given by its \`_FILE\` form, the path of a file that holds it.

${table(['flag', 'variable', 'key', 'default', 'what it is'], options.map(rowOf))}

A server that other machines can reach (\`--host\` beyond loopback) needs \`--issuer\` with https and a master key that is there before it
starts; make one with \`openssl rand -base64 32\`.
`,
}
