// Builds a Kubernetes API server and its etcd with Go, and fetches the resource definitions of the operators that the chart can use:
// `node scripts/install-kube-apiserver.mjs`. For `npm run test:cluster`; it takes some minutes and 2 GB of disk, so no other test needs it.
// Exit code 69: it cannot be had here.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TOOLS = join(fileURLToPath(new URL('..', import.meta.url)), '.tools', 'kubernetes')
const KUBERNETES = '1.36.1'
const PROGRAMS = {
  'kube-apiserver': { package: 'k8s.io/kubernetes/cmd/kube-apiserver', module: `k8s.io/kubernetes@v${KUBERNETES}` },
  etcd: { package: 'go.etcd.io/etcd/server/v3', module: 'go.etcd.io/etcd/server/v3@v3.6.16' },
}
/** Modules that carry the definitions, and the files that hold those the chart uses. */
const DEFINITIONS = {
  'github.com/nats-io/nack@v0.23.0': ['deploy/crds.yml'],
  'github.com/kedacore/keda/v2@v2.18.0': ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
}
const BUILD_MS = 1_800_000
const UNAVAILABLE = 69

class CannotInstall extends Error {}

function go(cwd, ...args) {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
  const run = spawnSync('go', args, { cwd, env, encoding: 'utf8', timeout: BUILD_MS, maxBuffer: 64 * 2 ** 20 })
  if (run.status === 0) return run.stdout
  throw new CannotInstall(`go ${args[0]}: ${run.error?.message ?? run.stderr.trim().split('\n').at(-1)}`)
}

/** Folder of a module in the module cache. */
function download(cwd, module) {
  return JSON.parse(go(cwd, 'mod', 'download', '-json', module)).Dir
}

function build(name, { package: path, module }) {
  const target = join(TOOLS, name)
  if (existsSync(target)) return
  console.error(`${name}: building ${module} ...`)
  const dir = mkdtempSync(join(TOOLS, 'build-'))
  try {
    writeFileSync(join(dir, 'go.mod'), 'module build\n\ngo 1.26\n')
    writeFileSync(join(dir, 'tools.go'), `//go:build tools\n\npackage build\n\nimport _ "${path}"\n`)
    const source = download(dir, module)
    go(dir, 'mod', 'edit', `-require=${module}`)
    // Kubernetes builds its parts out of its own tree; published, each part is a module with the same minor version.
    const { Replace } = JSON.parse(go(dir, 'mod', 'edit', '-json', join(source, 'go.mod')))
    for (const { Old } of Replace ?? [])
      go(dir, 'mod', 'edit', `-replace=${Old.Path}=${Old.Path}@v0.${KUBERNETES.slice(2)}`)
    go(dir, 'mod', 'tidy')
    // Helm asks the server for its version; a server of Kubernetes knows it from its linker.
    const stamp = `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES}`
    go(dir, 'build', '-trimpath', '-ldflags', `-s -w ${stamp}`, '-o', name, path)
    renameSync(join(dir, name), target)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function fetchDefinitions() {
  const target = join(TOOLS, 'crds')
  if (existsSync(target)) return
  const dir = mkdtempSync(join(TOOLS, 'crds-'))
  writeFileSync(join(dir, 'go.mod'), 'module definitions\n\ngo 1.26\n')
  for (const [module, files] of Object.entries(DEFINITIONS)) {
    const source = download(dir, module)
    for (const file of files) copyFileSync(join(source, file), join(dir, file.split('/').at(-1)))
  }
  for (const file of readdirSync(dir)) {
    if (!/\.ya?ml$/.test(file)) rmSync(join(dir, file))
    else if (!readFileSync(join(dir, file), 'utf8').includes('CustomResourceDefinition'))
      throw new CannotInstall(`${file} holds no resource definitions`)
  }
  renameSync(dir, target)
}

try {
  mkdirSync(TOOLS, { recursive: true })
  for (const [name, source] of Object.entries(PROGRAMS)) build(name, source)
  fetchDefinitions()
  console.log(TOOLS)
} catch (fault) {
  if (!(fault instanceof CannotInstall)) throw fault
  console.error(`kube-apiserver: cannot be installed: ${fault.message}`)
  process.exitCode = UNAVAILABLE
}
