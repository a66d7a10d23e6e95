import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ratioChart } from './ratioChart.ts'

const chart = (ratio: number, targets: Record<string, number> = {}) =>
  ratioChart({
    title: 'a < b & c',
    notes: ['one', 'two'],
    ratios: [
      { name: 'decode logs', kind: 'stage', ratio },
      { name: 'sustained-public-5k', kind: 'end to end', ratio: 0.5 },
    ],
    targets,
  })
const widths = (svg: string) => [...svg.matchAll(/class="bar" [^>]*width="(\d+)"/g)].map(([, width]) => Number(width))

test('bars are as long as their ratios, on one scale that holds the bound and the longest', () => {
  const [full = 0, half = 0] = widths(chart(1))
  assert.ok(Math.abs(full - 2 * half) <= 1, `${full} and ${half}`)
  const [longer = 0, shorter = 0] = widths(chart(2))
  assert.ok(Math.abs(longer - 4 * shorter) <= 2, `${longer} and ${shorter}`)
  assert.equal(longer, full)
})

test('every tag is closed, text is escaped, and nothing is loaded', () => {
  const svg = chart(0.8)
  assert.match(svg, /a &lt; b &amp; c/)
  assert.ok(svg.startsWith('<svg ') && svg.endsWith('</svg>\n'))
  const open = [...svg.matchAll(/<(\w+)[^>]*[^/]>/g)].length
  const closed = [...svg.matchAll(/<\/\w+>/g)].length
  assert.equal(open, closed)
  assert.doesNotMatch(svg, /href|script|url\(/)
})

test('a target is marked at its ratio, and a ratio that is no number has no bar', () => {
  const at = (svg: string) => Number(/class="target" x1="(\d+)"/.exec(svg)?.[1])
  const svg = chart(1, { 'sustained-public-5k': 0.5 })
  assert.equal(at(svg), 250 + (widths(svg)[1] ?? 0))
  assert.doesNotMatch(chart(1), /class="target"/)
  assert.equal(widths(chart(Number.NaN))[0], 0)
})
