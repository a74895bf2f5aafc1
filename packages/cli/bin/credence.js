#!/usr/bin/env node
// Runs on any Node, old ones included, to say which one is needed: only syntax and imports that they know.
import module from 'node:module'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `credence: this needs Node 24 or later, and node is ${process.version} here. In the repository, npx credence finds the right one by itself.\n`,
  )
  process.exitCode = 1
} else {
  // what was compiled is kept between runs: most of a short command's time is loading
  module.enableCompileCache()
  await import('../dist/main.js')
}
