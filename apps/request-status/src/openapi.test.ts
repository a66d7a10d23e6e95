import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describedSchema, faultsOf } from './describedAnswers.ts'
import { STATES } from './requestState.ts'
import { MAX_LIMIT, PATHS } from './routes.ts'

const openapi = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'))

test('the description is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(openapi))
  assert.deepEqual(result.errors, undefined)
  assert.equal(result.valid, true)
  assert.match(openapi.openapi, /^3\.1\./)
})

test('it describes every route, state and operation, and no others', () => {
  assert.deepEqual(Object.keys(openapi.paths).sort(), [...PATHS].sort())
  const { State, Operation } = openapi.components.schemas
  assert.deepEqual(State.enum, STATES)
  assert.deepEqual([...Operation.enum].sort(), OPERATIONS_V0_11.map(o => o.name).sort())
  const limit = openapi.paths['/requests'].get.parameters.find((p: { name: string }) => p.name === 'limit')
  assert.equal(limit.schema.maximum, MAX_LIMIT)
})

test('every reference leads somewhere', () => {
  const refs = [...JSON.stringify(openapi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(match => match[1] ?? '')
  for (const ref of refs) {
    const found = ref.split('/').reduce((node, key) => node?.[key], openapi)
    assert.ok(found, ref)
  }
})

test('a field that is not described is found, and so is an answer', () => {
  const status = { id: '0'.repeat(64), operation: 'keygen', state: 'working', final: false, times: {}, reruns: 0 }
  assert.deepEqual(faultsOf('RequestStatus', { ...status, answer_present: false }), [])
  assert.equal(faultsOf('RequestStatus', { ...status, answer_present: false, answer: '0x01' }).length, 1)
  assert.equal(faultsOf('RequestStatus', status).length, 1)
  assert.equal(describedSchema('/requests/{id}', 503), 'Problem')
  assert.throws(() => describedSchema('/requests/{id}', 418), /no answer 418/)
})
