import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantileOf, samplesOf } from './promText.ts'

const PAGE = `# HELP x y
x_bucket{le="0.1",m="a"} 0
x_bucket{le="1",m="a"} 50
x_bucket{le="2",m="a"} 100
x_bucket{le="+Inf",m="a"} 100
up 1
odd{text="a\\"b,c}"} 2
nonsense`

test('samples of a page, with labels that hold quotes and commas', () => {
  const samples = samplesOf(PAGE)
  assert.equal(samples.length, 6)
  assert.equal(samples.at(-1)?.labels.get('text'), 'a\\"b,c}')
})

test('quantiles are interpolated in their bucket, summed over processes', () => {
  const buckets = samplesOf(PAGE).filter(({ name }) => name === 'x_bucket')
  assert.equal(quantileOf(buckets, 0.5), 1)
  assert.equal(quantileOf(buckets, 0.75), 1.5)
  assert.equal(quantileOf([...buckets, ...buckets], 0.75), 1.5)
  assert.equal(quantileOf([], 0.5), undefined)
})

test('beyond the highest bound there is only the highest bound', () => {
  const buckets = samplesOf('x_bucket{le="1"} 0\nx_bucket{le="+Inf"} 3')
  assert.equal(quantileOf(buckets, 0.99), 1)
})
