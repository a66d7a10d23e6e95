import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkEvidence, evidenceIn, titlesOf } from './acceptanceTable.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const rows = evidenceIn(readFileSync(join(ROOT, 'docs/acceptance.md'), 'utf8'))
const sources = new Map<string, string | undefined>()

function sourceOf(file: string): string | undefined {
  const path = join(ROOT, file)
  if (!sources.has(file)) sources.set(file, existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  return sources.get(file)
}

test('the table is complete: every scenario names a test, or says why it has none', () => {
  const numbers = rows.map(({ number }) => number)
  assert.equal(new Set(numbers).size, numbers.length, 'a number stands there twice')
  const expected = [...upTo('C', 5), ...upTo('G', 13), ...upTo('W', 24), ...upTo('T', 10), ...upTo('U', 4)]
  assert.deepEqual(
    numbers.filter(number => !number.startsWith('M')),
    expected,
  )
  assert.deepEqual(
    numbers.filter(number => number.startsWith('M')),
    upTo('M', 15),
  )
  for (const { number, evidence, words } of rows) assert.ok(evidence.length > 0 || words.length > 60, number)
})

for (const { number, evidence } of rows) {
  test(`${number}: the tests that the table names exist`, () => {
    for (const { file, titles } of evidence) {
      const source = sourceOf(file)
      assert.ok(source !== undefined, `${file} does not exist`)
      assert.ok(titles.length > 0, `${file} stands there without a test`)
      for (const title of titles) assert.ok(checkEvidence(source, title), `${file} has no test "${title}"`)
    }
  })
}

test('a title is found as it is written, in a table of tests, and with its blanks', () => {
  const source = [
    "test('one', () => undefined)",
    "test('it\\'s two', { timeout: 5 }, async () => undefined)",
    'for (const [label, given] of cases) test(label, () => undefined)',
    "const cases = [['three', 3]]",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template in the source that is read
    'await t.test(`killed ${name} at ${step}`, () => undefined)',
  ].join('\n')
  assert.deepEqual(titlesOf(source), ['one', "it's two", 'killed * at *'])
  for (const title of ['one', "it's two", 'three', 'killed * at *']) assert.ok(checkEvidence(source, title), title)
  for (const title of ['on', 'four', 'killed * at', '*', ''] as const) assert.ok(!checkEvidence(source, title), title)
  assert.ok(!checkEvidence("const cases = ['three']", 'three'), 'a text alone is no test')
})

test('rows are read with their files, titles and words', () => {
  const table = [
    '| Nr | What | Shown by |',
    '| -- | ---- | -------- |',
    '| A1 | a thing | `test/a.test.ts`: `one`, `two \\| three`<br>`libs/b.test.ts`: `four` |',
    '| A2 | a \\| b | There is none. |',
  ].join('\n')
  assert.deepEqual(evidenceIn(table), [
    {
      number: 'A1',
      evidence: [
        { file: 'test/a.test.ts', titles: ['one', 'two | three'] },
        { file: 'libs/b.test.ts', titles: ['four'] },
      ],
      words: '',
    },
    { number: 'A2', evidence: [], words: 'There is none.' },
  ])
})

function upTo(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
}
