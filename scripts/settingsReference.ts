import { ENV_PREFIX, type LegacyName, legacyVariable, type SettingDescription } from '@kms-connector/service-kit'
import { code, GENERATED, table } from './markdown.ts'

export interface DocumentedService {
  readonly name: string
  readonly settings: readonly SettingDescription[]
}

/** The settings one service has, by path. */
type Described = ReadonlyMap<string, SettingDescription>

/** The reference of settings: what all services share once, then what each has of its own, then earlier names. */
export function settingsReference(services: readonly DocumentedService[], legacy: readonly LegacyName[]): string {
  const described = services.map(({ settings }): Described => new Map(settings.map(s => [s.path, s])))
  const first = described[0] ?? new Map()
  const shared = new Set([...first.keys()].filter(path => isShared(path, described)))
  const sharedRows = [...first.values()].filter(s => shared.has(s.path)).map(s => row(s, defaultsOf(s.path, described)))
  const own = services.flatMap(({ name }, index) => {
    const settings = [...(described[index]?.values() ?? [])].filter(s => !shared.has(s.path))
    const about = `These come on top of the shared ones. Example: [config/${name}.example.toml](../config/${name}.example.toml).`
    return [
      `## ${name}`,
      about,
      table(
        HEAD,
        settings.map(s => row(s, defaultOf(s))),
      ),
    ]
  })
  const head = [GENERATED, '# Settings', ...INTRODUCTION]
  return `${[...head, '## Shared', SHARED, table(HEAD, sharedRows), ...own, ...earlierNames(legacy)].join('\n\n')}\n`
}

const SHARED =
  'The same in all services that have them; request-status needs only those of the process and of NATS. A service leaves alone what it does not have.'
const HEAD = ['Setting', 'Variable', 'Type', 'Default', 'Meaning']

const INTRODUCTION = [
  'A value comes from the environment if it is set there, else from the TOML file (`start --config FILE`), else from the default. All faults are reported at once, each with file and line or variable. A setting or a `KMS_CONNECTOR_*` variable that nobody knows is refused, with the nearest known name. `validate --config FILE` prints every setting with its value and where the value came from, secrets redacted; `explain --config FILE` adds what each means. All services may share one file and one environment: what belongs to another service is left alone.',
  'The dots of a path are tables in TOML (`streams.replicas` is `replicas` below `[streams]`) and two underscores in a variable (`KMS_CONNECTOR_STREAMS__REPLICAS`). `name[]` is a list of tables: `[[name]]` in TOML, one variable with a JSON array of objects in the environment. Durations are written `500ms`, `3s`, `5m`, `24h`, `7d`; sizes `4096`, `66MiB`, `2GB`. Secrets are best given by their variable; they never show in a log.',
]

const EARLIER = [
  'The settings of earlier connectors are understood, in the environment and in the file: those of the first connector, which was one process, and those of its successor, three services around a database. Every name of theirs is either a setting of today, listed above, or one of these. Each that is in use is named in a line of the log at start and by `validate`.',
  'An earlier name that works counts as the current one at the same place: the environment still overrides the file. Where both names are given at the same place the current one counts. A service that does not have the setting accepts the name and does nothing. How much is logged is said by `log_level`; `RUST_LOG` is not read.',
]

function earlierNames(names: readonly LegacyName[]): readonly string[] {
  const working = names.flatMap(name =>
    'why' in name ? [] : [[...nameCells(name), name.now.map(code).join(', '), aliasRemark(name)]],
  )
  const retired = names.flatMap(name => ('why' in name ? [[...nameCells(name), sentence(name.why)]] : []))
  const head = ['Earlier name', 'Variable', 'Of']
  return [
    '## Earlier names',
    ...EARLIER,
    '### Names that still work',
    table([...head, 'Now', 'Remarks'], working),
    '### Names that have no effect any more',
    table([...head, 'Why'], retired),
  ]
}

const nameCells = (name: LegacyName) => [code(name.path), code(legacyVariable(name, ENV_PREFIX)), name.from]

function aliasRemark({ conversion, note }: Exclude<LegacyName, { readonly why: string }>): string {
  return [conversion?.expected, note].flatMap(text => (text === undefined ? [] : [sentence(text)])).join(' ')
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function isShared(path: string, described: readonly Described[]): boolean {
  const withoutDefault = described.flatMap(settings => {
    const setting = settings.get(path)
    return setting ? [JSON.stringify({ ...setting, default: undefined })] : []
  })
  return withoutDefault.length >= 3 && withoutDefault.every(text => text === withoutDefault[0])
}

/** The default, or one for each service where they differ. */
function defaultsOf(path: string, described: readonly Described[]): string {
  const texts = described.flatMap(settings => settings.get(path) ?? []).map(defaultOf)
  return [...new Set(texts)].join(', ')
}

function defaultOf(setting: SettingDescription): string {
  if (setting.default === undefined) return setting.presence === 'required' ? '**required**' : 'none'
  return code(typeof setting.default === 'string' ? setting.default : JSON.stringify(setting.default))
}

function row(setting: SettingDescription, byDefault: string): string[] {
  const { path, variable, describe, secret } = setting
  return [code(path), code(variable), typeOf(setting), byDefault, secret ? `${describe} Secret.` : describe]
}

/** What is expected, without the examples of notations that the introduction gives. */
function typeOf({ kind, expected }: SettingDescription): string {
  return kind === 'duration' || kind === 'bytes' ? expected.replace(/ such as (?:"[^"]*"|\d+|, | or )+/, '') : expected
}
