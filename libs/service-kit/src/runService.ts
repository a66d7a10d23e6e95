import { parseCommand, usage } from './commandLine.ts'
import { EXIT, type ExitCode, exitCodeOf } from './exitCode.ts'
import { faultText } from './faultRecord.ts'
import { healthPageOf, healthUrlOf, probeHealth } from './healthProbe.ts'
import { boundHeapGrowth } from './heapGrowth.ts'
import { createLogger } from './logger.ts'
import type { ProcessSettings } from './processSettings.ts'
import type { ServiceDefinition } from './service.ts'
import { describeSettings } from './settings/describe.ts'
import type { Environment } from './settings/environment.ts'
import { explain, renderExplanation, renderInFull } from './settings/explain.ts'
import { type LoadedSettings, loadSettings } from './settings/load.ts'
import { type Schema, variablesOf } from './settings/schema.ts'
import { identityOf, supervise } from './supervise.ts'

/** What a run gets from the outside world; the real one when left out. */
export interface Surroundings {
  readonly env?: Environment
  readonly out?: (text: string) => unknown
  readonly err?: (text: string) => unknown
}

/**
 * The one way a process of ours starts and stops. Understands `start`, `validate`, `explain`, `health`, `--help`, `--version`.
 *
 * @param argv arguments after the name of the program
 * @returns the exit code: 0 asked to stop (or valid, healthy), 1 do not restart me, 75 restart me. Never rejects, never
 * exits; after a forced stop or a crash work may still be under way, so the caller must exit then: see {@link runAsProcess}.
 */
export async function runService<V extends ProcessSettings>(
  definition: ServiceDefinition<V>,
  argv: readonly string[] = process.argv.slice(2),
  surroundings: Surroundings = {},
): Promise<ExitCode> {
  const {
    env = process.env,
    out = (text: string) => process.stdout.write(text),
    err = (text: string) => process.stderr.write(text),
  } = surroundings
  const { name, version, build = 'unknown', describe } = definition
  const command = parseCommand(argv)
  switch (command.verb) {
    case 'help':
      out(usage(name, describe))
      return EXIT.stopped
    case 'version':
      out(`${name} ${version} (${build})\n`)
      return EXIT.stopped
    case 'unusable':
      err(`${command.problem}\n\n${usage(name, describe)}`)
      return EXIT.doNotRestart
    case 'validate':
      return show(definition, command.config, env, loaded => out(`${renderExplanation(explain(loaded))}\n`), err)
    case 'explain': {
      const about = describeSettings(definition.schema)
      return show(definition, command.config, env, loaded => out(`${renderInFull(explain(loaded), about)}\n`), err)
    }
    case 'health':
      return health(definition, command, env, out, err)
    case 'start':
      return start(definition, command.config, env, err)
  }
}

/** Runs a service and ends this process with its exit code: the last line of every executable. */
export async function runAsProcess<V extends ProcessSettings>(definition: ServiceDefinition<V>): Promise<never> {
  process.exit(await runService(definition))
}

function load<V extends ProcessSettings>(
  { schema, alsoKnown = [] }: ServiceDefinition<V>,
  file: string | undefined,
  env: Environment,
): LoadedSettings<V> {
  return loadSettings(schema, { file, env, alsoKnown })
}

async function start<V extends ProcessSettings>(
  definition: ServiceDefinition<V>,
  file: string | undefined,
  env: Environment,
  err: (text: string) => unknown,
): Promise<ExitCode> {
  let loaded: LoadedSettings<V>
  try {
    loaded = load(definition, file, env)
  } catch (fault) {
    // Twice on purpose: one line for the log pipeline, and one text per fault for whoever sits at the terminal.
    const { name, version } = identityOf(definition)
    createLogger({ service: name, version, level: 'info' }).fatal({ err: fault }, 'could not load the settings')
    err(`${fault instanceof Error ? fault.message : String(fault)}\n`)
    return exitCodeOf(fault)
  }
  boundHeapGrowth()
  return supervise(definition, loaded)
}

/** Loads the settings and shows them, and what to know about earlier names in use. */
function show<V extends ProcessSettings>(
  definition: ServiceDefinition<V>,
  file: string | undefined,
  env: Environment,
  print: (loaded: LoadedSettings<V>) => unknown,
  err: (text: string) => unknown,
): ExitCode {
  try {
    const loaded = load(definition, file, env)
    for (const warning of loaded.warnings) err(`warning: ${warning}\n`)
    print(loaded)
    return EXIT.stopped
  } catch (fault) {
    err(`${fault instanceof Error ? fault.message : String(fault)}\n`)
    return EXIT.doNotRestart
  }
}

/** The prober waits a little longer than the checks it asks for. */
const PROBE_MARGIN_MS = 2_000

async function health<V extends ProcessSettings>(
  definition: ServiceDefinition<V>,
  { endpoint, config }: { readonly endpoint: string | undefined; readonly config: string | undefined },
  env: Environment,
  out: (text: string) => unknown,
  err: (text: string) => unknown,
): Promise<ExitCode> {
  try {
    const settings = probeSettings(definition, config, env)
    const url = endpoint === undefined ? healthUrlOf(settings.monitoring_endpoint) : healthPageOf(endpoint)
    if (url === undefined) {
      err('--endpoint must be a URL that starts with http:// or https://\n')
      return EXIT.doNotRestart
    }
    const { healthy, text } = await probeHealth(url, settings.healthcheck_timeout + PROBE_MARGIN_MS)
    const print = healthy ? out : err
    print(`${text}\n`)
    return healthy ? EXIT.stopped : EXIT.doNotRestart
  } catch (fault) {
    err(`${faultText(fault)}\n`)
    return EXIT.doNotRestart
  }
}

type ProbeSettings = Pick<ProcessSettings, 'monitoring_endpoint' | 'healthcheck_timeout'>
const PROBE_NAMES = ['monitoring_endpoint', 'healthcheck_timeout']

/** A probe needs two settings only; without a file it must not fail because of others. */
function probeSettings<V extends ProcessSettings>(
  definition: ServiceDefinition<V>,
  file: string | undefined,
  env: Environment,
): ProbeSettings {
  if (file !== undefined) return load(definition, file, env).values
  const shape = Object.entries(definition.schema.shape).filter(([name]) => PROBE_NAMES.includes(name))
  const schema: Schema<ProbeSettings> = {
    shape: Object.fromEntries(shape),
    rules: [],
    legacy: definition.schema.legacy,
  }
  const variables = variablesOf(schema)
  return loadSettings(schema, { env: Object.fromEntries(variables.map(name => [name, env[name]])) }).values
}
