import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBenchCommand } from './benchOptions.ts'
import { SHAPE_NAMES } from './shapes/shapeNames.ts'

const DEFAULTS = {
  shapes: SHAPE_NAMES.filter(name => name !== 'soak'),
  quick: false,
  requests: undefined,
  runs: undefined,
  soakMinutes: 30,
  json: undefined,
  profile: undefined,
  record: true,
  verdict: true,
}

test('what is asked for', () => {
  const cases: readonly (readonly [string[], Partial<typeof DEFAULTS> | object])[] = [
    [[], {}],
    [['--quick', '--no-verdict'], { quick: true, verdict: false }],
    [['--soak', '5'], { shapes: [...SHAPE_NAMES], soakMinutes: 5 }],
    [['--only', 'soak'], { shapes: ['soak'], record: false }],
    [['--only', 'idle', '--record'], { shapes: ['idle'] }],
    [['--no-record'], { record: false }],
    [['--json', 'a.json', '--profile', 'profiles'], { json: 'a.json', profile: 'profiles', record: false }],
    [['--requests', '4000', '--runs', 'product,bare'], { requests: 4000, runs: ['product', 'bare'], record: false }],
  ]
  for (const [argv, differs] of cases)
    assert.deepEqual(parseBenchCommand(argv), { verb: 'run', options: { ...DEFAULTS, ...differs } }, argv.join(' '))
  assert.deepEqual(parseBenchCommand(['-h']), { verb: 'help' })
  assert.deepEqual(parseBenchCommand(['--list']), { verb: 'list' })
})

test('shapes run in the order of the suite, whatever the order on the command line', () => {
  const [first, second] = SHAPE_NAMES
  const command = parseBenchCommand(['--only', `${second},${first}`])
  assert.deepEqual(command.verb === 'run' && command.options.shapes, [first, second])
})

test('what is refused, with its reason', () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['--only', 'sustained'], /no shape "sustained"/],
    [['--requests', '99'], /--requests/],
    [['--soak', '0'], /--soak/],
    [['--soak', 'x'], /--soak/],
    [['--runs', 'bare,fast'], /"fast"/],
    [['--more'], /--more/],
    [['more'], /more/],
  ]
  for (const [argv, reason] of cases) {
    const command = parseBenchCommand(argv)
    assert.match(command.verb === 'unusable' ? command.problem : command.verb, reason, argv.join(' '))
  }
})
