import assert from 'node:assert/strict'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createFakeTime } from '../testing/fake_time.ts'
import { unavailable } from '../testing/unavailable.ts'
import { fileSecret } from './file_secret.ts'
import { fileToken } from './file_token.ts'

const makeFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'credence-file-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

/** What a kubelet does: a folder per version, and a link to the one in force that is replaced in one step. */
const mount = async (folder: string, version: string, files: Readonly<Record<string, string>>) => {
  await mkdir(join(folder, version))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, version, name), text)
  await symlink(version, join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
}

describe('a secret in a file', () => {
  it('follows a mounted secret whose link is set to another version, the one before from its own file', async (t) => {
    const folder = await makeFolder(t)
    await mount(folder, '..1', { secret: 'one\n', previous: 'zero\n' })
    await symlink('..data/secret', join(folder, 'secret'))
    await symlink('..data/previous', join(folder, 'previous'))
    const source = fileSecret(join(folder, 'secret'), { previousPath: join(folder, 'previous') })
    const read = async () => {
      const { current, previous } = await source.get()
      return [current, previous]
    }
    assert.deepEqual(await read(), ['one', 'zero'])
    await mount(folder, '..2', { secret: 'two\n', previous: 'one\n' })
    assert.deepEqual(await read(), ['two', 'one'])
    await rm(join(folder, '..1'), { recursive: true })
    assert.deepEqual(await read(), ['two', 'one'])
  })

  it('keeps what it had while the file is gone or being written, for keepForSeconds', async (t) => {
    const path = join(await makeFolder(t), 'secret')
    const time = createFakeTime()
    await writeFile(path, 'canary-one')
    const source = fileSecret(path, { clock: time.clock, keepForSeconds: 600 })
    assert.equal((await source.get()).current, 'canary-one')
    await truncate(path)
    assert.equal((await source.get()).current, 'canary-one')
    await rm(path)
    time.advance(60)
    assert.equal((await source.get()).current, 'canary-one')
    time.advance(600)
    await unavailable(source.get(), /secret cannot be read: there is no such file/)
    await writeFile(path, 'canary-two')
    assert.equal((await source.get()).current, 'canary-two')
  })

  it('says what is wrong with a file that cannot be one', async (t) => {
    const folder = await makeFolder(t)
    const path = join(folder, 'secret')
    await unavailable(fileSecret(path).get(), /no such file/)
    await unavailable(fileSecret(folder).get(), /EISDIR/)
    await writeFile(path, '\n')
    await unavailable(fileSecret(path).get(), /is empty/)
    await writeFile(path, '{"password":"canary"}')
    await unavailable(fileSecret(path).get(), /no text in its member client_secret/)
    await writeFile(path, 'canary'.repeat(50_000))
    await unavailable(fileSecret(path).get(), /more than 262144 bytes/)
  })

  it('writes a document that it reads back, for its owner only, in one step, with nothing left beside it', async (t) => {
    const folder = await makeFolder(t)
    const path = join(folder, 'secret')
    await writeFile(path, 'one', { mode: 0o644 })
    const source = fileSecret(path)
    const secret = { current: 'two', previous: 'one', credentialId: 'cred_2', createdAt: 1, expiresAt: 2 }
    const readers = Array.from({ length: 20 }, () => readFile(path, 'utf8'))
    await source.write(secret)
    for (const text of await Promise.all(readers)) assert.ok(text === 'one' || text.endsWith('}\n'), text)
    assert.deepEqual(await source.get(), secret)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder), ['secret'])
    await source.write({ ...secret, expiresAt: Number.POSITIVE_INFINITY })
    assert.equal((await source.get()).expiresAt, Number.POSITIVE_INFINITY)
  })

  it('writes through a symbolic link, which stays one; a folder that cannot be written to fails and changes nothing', async (t) => {
    const folder = await makeFolder(t)
    await writeFile(join(folder, 'real'), 'one')
    await symlink('real', join(folder, 'link'))
    await fileSecret(join(folder, 'link')).write({ current: 'two' })
    assert.equal(await readlink(join(folder, 'link')), 'real')
    assert.equal((await fileSecret(join(folder, 'real')).get()).current, 'two')
    await assert.rejects(fileSecret(join(folder, 'missing', 'secret')).write({ current: 'two' }))
  })
})

describe('a platform’s token in a file', () => {
  it('is read again when it has been replaced, and not used once it is gone', async (t) => {
    const path = join(await makeFolder(t), 'token')
    const token = fileToken(path)
    await writeFile(path, 'a.b.c')
    assert.equal(await token(), 'a.b.c')
    await writeFile(path, 'd.e.f')
    assert.equal(await token(), 'd.e.f')
    await rm(path)
    await unavailable(Promise.resolve(token()), /no such file/)
  })
})
