import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatByteSize, parseByteSize } from './byteSize.ts'
import { formatDuration, parseDuration } from './duration.ts'

test('durations are read with every unit, alone and combined', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['500ms', 500],
    ['3s', 3_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1h 30m', 5_400_000],
    ['1h30m', 5_400_000],
    ['2 min', undefined],
    ['2min', 120_000],
    ['0s', 0],
    ['3', undefined],
    ['', undefined],
    ['s', undefined],
    ['-3s', undefined],
    ['1.5s', undefined],
    ['3 fortnights', undefined],
    ['3constructor', undefined],
    ['999999999999999w', undefined],
    ['1s'.repeat(60), undefined],
  ]
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text)
})

test('sizes are read in powers of 1000 and 1024', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['66MiB', 69_206_016],
    ['66 MiB', 69_206_016],
    ['2GB', 2e9],
    ['4096', 4096],
    ['0B', 0],
    ['1TiB', 2 ** 40],
    ['mib', undefined],
    ['1mib', undefined],
    ['1.5MiB', undefined],
    ['-1', undefined],
    ['', undefined],
    ['999999999999999TiB', undefined],
  ]
  for (const [text, expected] of cases) assert.equal(parseByteSize(text), expected, text)
})

test('what is written is read back', () => {
  fc.assert(fc.property(fc.nat(), ms => parseDuration(formatDuration(ms)) === ms))
  fc.assert(fc.property(fc.nat(), size => parseByteSize(formatByteSize(size)) === size))
})

test('no text makes the parsers fail', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      for (const value of [parseDuration(text), parseByteSize(text)]) {
        assert.ok(value === undefined || (Number.isSafeInteger(value) && value >= 0), `${text} gave ${value}`)
      }
    }),
  )
})
