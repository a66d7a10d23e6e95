import { parseArgs } from 'node:util'
import { fuzz } from './target.ts'
import { TARGETS } from './targets.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, only: { type: 'string' } },
})
const seconds = Number(values.seconds)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const targets = TARGETS.filter(({ name }) => values.only === undefined || name.includes(values.only))
if (!(seconds > 0) || !Number.isSafeInteger(seed) || targets.length === 0) {
  console.error('usage: npm run fuzz -- [--seconds 60] [--seed N] [--only WORDS OF A TARGET]')
  process.exit(1)
}
console.log(`seed ${seed}: ${targets.length} decoders, ${seconds} s`)
let failed = 0
for (const each of targets) {
  try {
    const inputs = await fuzz(each, (seconds * 1_000) / targets.length, seed)
    console.log(`ok      ${String(inputs).padStart(9)} inputs  ${each.name}`)
  } catch (fault) {
    failed++
    console.log(`FAILED  ${fault instanceof Error ? fault.message : String(fault)}`)
    console.log(`repeat: npm run fuzz -- --seconds ${seconds} --seed ${seed} --only '${each.name}'`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
