import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findExamples } from './commands/command_options.ts'
import { createProgram, groupNames } from './program.ts'
import { runCredence } from './testing/run_credence.ts'

describe('the command line', () => {
  it('contract: every command takes --json and --help, and its help has an example of that command', async () => {
    const program = await createProgram(groupNames)
    const leaves = program.commands.flatMap((group) =>
      group.commands.length === 0 ? [group] : group.commands.map((command) => command),
    )
    assert.ok(leaves.length > 20)
    for (const command of leaves) {
      const path = command.parent === program ? command.name() : `${command.parent?.name()} ${command.name()}`
      assert.ok(
        command.options.some(({ long }) => long === '--json'),
        `${path} --json`,
      )
      assert.ok(
        findExamples(command).some((example) => example.includes(`credence ${path}`)),
        `${path}: no example`,
      )
      assert.ok(command.description().endsWith('.'), `${path}: ${command.description()}`)
    }
  })

  it('contract: exit code 0 for help and version', async () => {
    for (const words of [
      ['--help'],
      ['--version'],
      ['client', '--help'],
      ['client', 'create', '--help'],
      ['help', 'api'],
    ]) {
      const { code, stdout, stderr } = await runCredence(words)
      assert.deepEqual([code, stderr], [0, ''], words.join(' '))
      assert.notEqual(stdout, '')
    }
    assert.match(
      (await runCredence(['client', 'create', '--help'])).stdout,
      /Examples:\n +credence client create report-job/,
    )
  })

  it('contract: exit code 2 for wrong usage, saying where help is', async () => {
    for (const words of [
      [],
      ['client'],
      ['nonsense'],
      ['client', 'nonsense'],
      ['client', 'create'],
      ['client', 'create', 'a', 'b'],
      ['client', 'create', 'a', '--nonsense'],
      ['client', 'create', 'a', '--grant', 'https://a.example'],
      ['client', 'create', 'a', '--grant', 'https://a.example=a,,b'],
      ['client', 'create', 'a', '--auth', 'none'],
      ['client', 'create', 'a', '--expires', '10'],
      ['client', 'update', 'a'],
      ['api', 'create', 'a'],
      ['api', 'update', 'a'],
    ]) {
      const { code, stderr } = await runCredence(words)
      assert.equal(code, 2, words.join(' '))
      assert.match(stderr, /^credence: |^Usage: /)
    }
    const { code, stderr } = await runCredence(['client', 'creat', '--json'])
    assert.equal(code, 2)
    const { code: stable, message } = JSON.parse(stderr)
    assert.equal(stable, 'usage')
    assert.match(message, /Did you mean create\?\); see credence client --help$/)
  })

  it('design 12: an older Node is told which one is needed, with exit code 1', () => {
    const entry = fileURLToPath(new URL('../bin/credence.js', import.meta.url))
    const asOlder = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); import(${JSON.stringify(entry)})`
    const { status, stderr } = spawnSync(process.execPath, ['--eval', asOlder])
    assert.equal(status, 1)
    assert.match(stderr.toString(), /^credence: this needs Node 24 or later/)
  })
})
