/** Go with golang.org/x/oauth2, as Debian packages it, for the tests with other people's clients. */
import { findRuntime } from './foreign.ts'

/** Debian has the library as source, in a GOPATH. */
export const goEnvironment = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' }

export const findGo = () =>
  findRuntime(['/usr/bin/go', 'go'], {
    probe: ['list', 'golang.org/x/oauth2/clientcredentials'],
    environment: goEnvironment,
    what: 'Go with golang.org/x/oauth2',
  })
