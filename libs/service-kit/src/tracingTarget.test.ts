import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tracingTarget } from './tracingTarget.ts'

const cases: readonly (readonly [
  what: string,
  setting: string | undefined,
  env: Record<string, string>,
  target: string | undefined,
])[] = [
  ['nothing said', undefined, {}, undefined],
  ['our setting', 'http://a:4318', {}, 'http://a:4318/v1/traces'],
  ['our setting with a slash', 'http://a:4318/', {}, 'http://a:4318/v1/traces'],
  ['our setting with the whole path', 'http://a/otlp/v1/traces', {}, 'http://a/otlp/v1/traces'],
  ['the base variable', undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' }, 'http://b/v1/traces'],
  [
    'the variable for traces, as it stands',
    undefined,
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/x' },
    'http://c/x',
  ],
  ['our setting before theirs', 'http://a', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c' }, 'http://a/v1/traces'],
  ['an empty variable', undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
  ['switched off', 'http://a', { OTEL_SDK_DISABLED: 'true' }, undefined],
  ['no exporter', 'http://a', { OTEL_TRACES_EXPORTER: 'none' }, undefined],
]

for (const [what, otlp_endpoint, env, target] of cases) {
  test(`where traces go: ${what}`, () => assert.equal(tracingTarget({ otlp_endpoint }, env), target))
}
