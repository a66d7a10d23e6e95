import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './chart.ts'

/** What the image runs as. */
const USER = 65532
/**
 * Shows the root directory read-only, with the devices and the memory for /tmp that a container engine gives, and runs what follows in
 * it as the user of the image. `exec` all the way: signals reach the process itself.
 */
const ENTER = `
set -e
mount --bind "$0" "$0"
mount -o remount,ro,bind "$0"
mount --rbind /dev "$0/dev"
mount -t tmpfs -o size=16m,mode=1777 tmpfs "$0/tmp"
exec chroot --userspec=${USER}:${USER} "$0" "$@"
`

/** The root directory of the image, assembled as the Dockerfile does it. */
export class CleanRoot {
  readonly dir: string
  /** What the assembly printed: packages, files, size, digest. */
  readonly summary: string

  private constructor(dir: string, summary: string) {
    this.dir = dir
    this.summary = summary
  }

  /** @throws Error with what the script said */
  static assemble(): CleanRoot {
    const dir = mkdtempSync(join(tmpdir(), 'kms-connector-image-'))
    const script = join(ROOT, 'scripts', 'assemble-image.mjs')
    const run = spawnSync(process.execPath, [script, dir], { encoding: 'utf8', timeout: 120_000 })
    if (run.status !== 0) throw new Error(run.stderr)
    return new CleanRoot(dir, run.stdout.trim())
  }

  get digest(): string {
    return /sha256:[0-9a-f]{64}/.exec(this.summary)?.[0] ?? ''
  }

  /** Starts a program of this root with its arguments, with this environment and no other. */
  spawn(program: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    return spawn('unshare', ['--mount', '/bin/sh', '-c', ENTER, this.dir, ...program], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    })
  }

  /** Runs it to its end. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return this.#runProgram('/usr/bin/kms-connector', args, env)
  }

  /** Runs a module with the Node of the image. */
  runScript(text: string) {
    return this.#runProgram('/usr/bin/node', ['--input-type=module', '--eval', text], {})
  }

  #runProgram(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const command = ['--mount', '/bin/sh', '-c', ENTER, this.dir, program, ...args]
    const options = {
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    } as const
    return spawnSync('unshare', command, options)
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** Why no clean root can be entered here, or false: it takes root and the right to mount. */
export function cannotEnter(): string | false {
  const run = spawnSync('unshare', ['--mount', '/bin/sh', '-c', 'mount -t tmpfs tmpfs /mnt && chroot / true'])
  return run.status === 0 ? false : 'this user may not mount: the clean root cannot be entered'
}
