import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeFacts } from './nodeFacts.ts'
import { pagesOf } from './pages.ts'
import { statusLines } from './statusLines.ts'
import { topLines } from './topLines.ts'

const HOUR = 3_600_000
const CALM: NodeFacts = {
  now: 0,
  headLag: 1,
  oldestOpenMs: 0,
  openRequests: 0,
  answersStored: 10,
  rate: 2,
  deadLetters: 0,
  newestLetterMs: undefined,
  fullest: { stream: 'RESPONSES', part: 0.1, fullInMs: undefined },
  sender: { ahead: 0, leader: { host: 'a', pid: 7, since: 0 }, readers: 1 },
  openSlots: 0,
  nextNonce: 10,
  runway: { balance: 100n, cost: 1n, answers: 100, lastsMs: undefined },
  services: { coreP50: 0.4, coreP99: 0.9, asked: 1, gaps: [] },
  gaps: [],
}

test('nothing in sight when nothing is in sight', () => {
  assert.deepEqual(pagesOf(CALM), [])
  assert.match(statusLines(CALM).join('\n'), /next page +nothing in sight/)
})

const CASES: readonly (readonly [Partial<NodeFacts>, RegExp, number])[] = [
  [{ sender: { ahead: 5, leader: 'nobody', readers: 0 } }, /lease/, 0],
  [{ runway: { balance: 0n, cost: 1n, answers: 0, lastsMs: 0 } }, /wallet is empty/, 0],
  [{ headLag: 201 }, /201 blocks behind/, 0],
  [{ deadLetters: 1, newestLetterMs: 1_000 }, /dead letters grow/, 0],
  [{ oldestOpenMs: 5 * 60_000 }, /not answered/, 10 * 60_000],
  [{ runway: { balance: 1n, cost: 1n, answers: 9, lastsMs: 13 * HOUR } }, /wallet lasts 13h/, HOUR],
  [{ fullest: { stream: 'RESPONSES', part: 0.5, fullInMs: HOUR } }, /RESPONSES is full/, HOUR],
]
for (const [change, what, inMs] of CASES)
  test(`pages for ${what}`, () => {
    const [next] = pagesOf({ ...CALM, ...change })
    assert.match(next?.what ?? '', what)
    assert.equal(next?.inMs, inMs)
  })

test('the soonest comes first, an old dead letter is no news', () => {
  const facts = { ...CALM, headLag: 500, deadLetters: 3, newestLetterMs: 2 * HOUR, oldestOpenMs: 60_000 }
  assert.deepEqual(
    pagesOf(facts).map(({ inMs }) => inMs),
    [0, 14 * 60_000],
  )
})

test('the dashboard fits any width and height, and shows what is unknown as such', () => {
  for (const [columns, rows] of [
    [20, 5],
    [80, 24],
    [200, 60],
  ] as const) {
    const lines = topLines(CALM, 1.5, columns, rows)
    assert.ok(lines.length < rows && lines.every(line => line.length <= columns), `${columns}x${rows}`)
  }
  const unknown = { ...CALM, headLag: undefined, runway: undefined, gaps: ['NATS: away'] }
  assert.match(topLines(unknown, undefined, 80, 24).join('\n'), /head lag +\?[\s\S]*could not look at NATS: away/)
})

test('with gaps nothing is promised, and one reason is told once', () => {
  const text = statusLines({ ...CALM, gaps: ['requests: gone: away', 'answers: gone: away', 'Gateway: late'] }).join(
    '\n',
  )
  assert.match(text, /next page +not known/)
  assert.match(text, /could not look at requests, answers: gone: away\ncould not look at Gateway: late$/)
})
