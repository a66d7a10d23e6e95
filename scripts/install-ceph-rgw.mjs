// Installs Ceph RGW, a real S3 server, for `npm run test:s3`: Debian trixie's packages, unpacked into .tools/ceph-rgw and
// run from there with their own C library. Nothing of the machine changes and no root is needed, only apt and dpkg-deb.
// Plain JavaScript without dependencies: it runs on a fresh clone, with whatever Node 20+ the machine has. Idempotent.
//
//   node scripts/install-ceph-rgw.mjs    0: installed, prints the path and version; 69: this machine cannot have it
//
// DEBIAN_MIRROR names the mirror to use; without it, it is the one this machine's apt uses.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TOOLS = fileURLToPath(new URL('../.tools/', import.meta.url))
const TARGET = join(TOOLS, 'ceph-rgw')
const RADOSGW = join('bin', 'radosgw')
const PROGRAMS = ['radosgw', 'radosgw-admin']
/** The first Debian release whose RGW keeps its objects in a local file instead of a Ceph cluster. */
const RELEASE = 'trixie'
const KEYRINGS = ['gpg', 'pgp'].map(ending => `/usr/share/keyrings/debian-archive-keyring.${ending}`)
const TRANSFER_MS = 300_000
const LOCAL_MS = 60_000
/** EX_UNAVAILABLE of sysexits. */
const UNAVAILABLE = 69
const INTERRUPTED = 130

/** Thrown when this machine cannot have it; the message tells why. */
class CannotInstall extends Error {}

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => interrupted.abort())

/** @returns what `radosgw --version` says */
async function install() {
  const found = await versionIn(TARGET)
  if (found) return found
  const sources = await sourcesList()
  await mkdir(TOOLS, { recursive: true })
  // Beside the target, so that the last step is a rename: whatever happens before leaves nothing.
  const staging = await mkdtemp(join(TOOLS, 'ceph-rgw-'))
  const scratch = await mkdtemp(join(tmpdir(), 'kms-connector-ceph-rgw-'))
  try {
    const packages = await download(sources, scratch)
    console.error(`ceph-rgw: unpacking ${packages.length} packages ...`)
    await unpack(packages, scratch, staging)
    const version = await versionIn(staging)
    if (!version) throw new CannotInstall('the unpacked radosgw does not run on this machine')
    await chmod(staging, 0o755)
    // Another run may have been faster, and its radosgw be in use already.
    const other = await versionIn(TARGET)
    if (other) return other
    await rm(TARGET, { recursive: true, force: true })
    await rename(staging, TARGET)
    return version
  } finally {
    await Promise.all([staging, scratch].map(dir => rm(dir, { recursive: true, force: true, maxRetries: 3 })))
  }
}

async function versionIn(dir) {
  const bin = join(dir, RADOSGW)
  if (!existsSync(bin)) return undefined
  const { stdout } = await run(bin, ['--version'], LOCAL_MS)
  return /ceph version \S+/.exec(stdout)?.[0]
}

/** @returns the one line that apt gets to know */
async function sourcesList() {
  if (process.platform !== 'linux') throw new CannotInstall(`its packages are for Linux, this is ${process.platform}`)
  for (const tool of ['apt-get', 'dpkg-deb']) {
    if (!onPath(tool)) throw new CannotInstall(`there is no ${tool} here`)
  }
  const keyring = KEYRINGS.find(existsSync)
  if (!keyring) throw new CannotInstall('the package debian-archive-keyring is not installed')
  const mirror = process.env['DEBIAN_MIRROR'] ?? (await ownMirror())
  if (!mirror) throw new CannotInstall("this machine's apt knows no Debian mirror: set DEBIAN_MIRROR to the URL of one")
  return `deb [signed-by=${keyring} target=Packages] ${mirror} ${RELEASE} main\n`
}

/** The mirror of the installed Debian release carries the other releases as well. */
async function ownMirror() {
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const codename = /^VERSION_CODENAME="?([a-z]+)/m.exec(system)?.[1]
  if (!/^ID="?debian"?$/m.test(system)) return undefined
  const { stdout } = await run(
    'apt-get',
    ['indextargets', '--format', '$(COMPONENT) $(RELEASE) $(REPO_URI)', 'Created-By: Packages'],
    LOCAL_MS,
  )
  const rows = stdout.split('\n').map(line => line.split(' '))
  return rows.find(([component, release]) => component === 'main' && release === codename)?.[2]
}

/** Lets apt resolve and fetch as for an empty machine, with the proxy and certificate settings of this one. */
async function download(sources, scratch) {
  const [lists, archives] = [join(scratch, 'state', 'lists', 'partial'), join(scratch, 'cache', 'archives', 'partial')]
  await Promise.all([lists, archives].map(dir => mkdir(dir, { recursive: true })))
  const [status, list, settings] = ['status', 'sources.list', 'apt.conf'].map(name => join(scratch, name))
  const options = {
    'Dir::State': join(scratch, 'state'),
    'Dir::State::status': status,
    'Dir::Cache': join(scratch, 'cache'),
    'Dir::Cache::archives': join(scratch, 'cache', 'archives'),
    'Dir::Etc::SourceList': list,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  }
  // What the machine does after its own updates is not for this one.
  const cleared = ['APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'].map(name => `#clear ${name};`)
  const set = Object.entries(options).map(([name, value]) => `${name} "${value}";`)
  await writeFile(status, '')
  await writeFile(list, sources)
  await writeFile(settings, `${[...cleared, ...set].join('\n')}\n`)
  console.error(`ceph-rgw: asking the Debian mirror for the packages of ${RELEASE} ...`)
  await apt(['-c', settings, '--error-on=any', 'update'])
  console.error('ceph-rgw: downloading radosgw and what it needs ...')
  await apt(['-c', settings, '-y', '--download-only', 'install', 'radosgw'])
  const dir = options['Dir::Cache::archives']
  return (await readdir(dir)).filter(name => name.endsWith('.deb')).map(name => join(dir, name))
}

async function apt(args) {
  const { status, stderr } = await run('apt-get', ['-q', ...args], TRANSFER_MS)
  if (status !== 0) throw new CannotInstall(`apt-get ${args.at(-1)} failed: ${reasonIn(stderr)}`)
}

/** Unpacks without running any script of the packages, and keeps what the two programs need. */
async function unpack(packages, scratch, staging) {
  const whole = join(scratch, 'unpacked')
  await mkdir(whole)
  for (const path of packages) {
    const { status, stderr } = await run('dpkg-deb', ['-x', path, whole], LOCAL_MS)
    if (status !== 0) throw new CannotInstall(`dpkg-deb could not unpack ${path}: ${reasonIn(stderr)}`)
  }
  const folders = await readdir(join(whole, 'usr', 'lib'))
  const libraries = folders.find(name => existsSync(join(whole, 'usr', 'lib', name, 'libc.so.6')))
  const inLibraries = libraries ? await readdir(join(whole, 'usr', 'lib', libraries)) : []
  const loader = inLibraries.find(name => /^ld(?:-linux.*|64)\.so\.\d$/.test(name))
  if (!loader) throw new CannotInstall('the packages hold no C library')
  await mkdir(join(staging, 'bin'))
  await mkdir(join(staging, 'libexec'))
  await copy(join(whole, 'usr', 'lib', libraries), join(staging, 'lib'))
  await copy(join(whole, 'etc', 'mime.types'), join(staging, 'mime.types'))
  for (const program of PROGRAMS) {
    await copy(join(whole, 'usr', 'bin', program), join(staging, 'libexec', program))
    await writeFile(join(staging, 'bin', program), launcher(program, loader), { mode: 0o755 })
  }
}

/** The temporary directory may be on another file system, where a rename cannot reach. */
async function copy(from, to) {
  const { status, stderr } = await run('cp', ['-a', from, to], LOCAL_MS)
  if (status !== 0) throw new CannotInstall(`could not copy ${from}: ${reasonIn(stderr)}`)
}

/** Runs a program with its own loader and libraries, and without the OpenSSL settings of the machine. */
function launcher(program, loader) {
  return `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
OPENSSL_CONF=/dev/null exec "$here/lib/${loader}" --library-path "$here/lib:$here/lib/ceph" "$here/libexec/${program}" \\
  --plugin_dir="$here/lib/ceph" --rgw_mime_types_file="$here/mime.types" "$@"
`
}

function run(file, args, timeout) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
    const child = spawn(file, args, { env, timeout, signal: interrupted.signal, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    child.on('error', fault => {
      if (!interrupted.signal.aborted) reject(new CannotInstall(`cannot run ${file}: ${fault.message}`))
    })
    child.on('close', (status, signal) => {
      if (interrupted.signal.aborted) reject(interrupted.signal.reason)
      else resolve({ status, stdout, stderr: signal ? `${stderr}\nended by ${signal} after ${timeout} ms` : stderr })
    })
  })
}

function reasonIn(stderr) {
  const lines = stderr.split('\n').filter(line => line.trim() !== '')
  return (lines.find(line => line.startsWith('E: ')) ?? lines.at(-1) ?? 'it did not say why').trim()
}

function onPath(name) {
  return (process.env['PATH'] ?? '').split(delimiter).some(dir => dir !== '' && existsSync(join(dir, name)))
}

try {
  const version = await install()
  console.log(`${join(TARGET, RADOSGW)} ${version}`)
} catch (fault) {
  if (interrupted.signal.aborted) process.exitCode = INTERRUPTED
  else if (fault instanceof CannotInstall) process.exitCode = UNAVAILABLE
  else throw fault
  console.error(`ceph-rgw: ${interrupted.signal.aborted ? 'interrupted' : `cannot be installed: ${fault.message}`}`)
}
