import { runLoop } from './runLoop.ts'
import { SIDE_NAMES } from './stage.ts'
import { StageSetup, stageConfig } from './stageSetup.ts'
import { STAGES } from './stages.ts'

/** One side of one stage in a process of its own. Prints its figures as a line of JSON. */
const [stageName, sideName] = process.argv.slice(2)
const stage = STAGES.find(({ name }) => name === stageName)
const side = SIDE_NAMES.find(name => name === sideName)
if (!stage || !side) throw new RangeError(`there is no stage ${stageName} ${sideName}`)
const config = stageConfig()
const figures = await runLoop(await stage.sides[side](new StageSetup(config)), config.warmUpSeconds, config.seconds)
// The exit listeners still run; what is open is nobody's business any more.
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
