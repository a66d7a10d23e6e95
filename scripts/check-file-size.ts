// Keeps files small enough to be read in one go: `npm run check:file-size`.
import { isSource, report, repositoryFiles } from './repositoryFiles.ts'

const MOST_LINES = 300

const sizes = repositoryFiles(isSource)
  .map(({ path, text }) => ({ path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }))
  .sort((a, b) => a.lines - b.lines)
const at = (share: number) => sizes[Math.floor((sizes.length - 1) * share)]?.lines ?? 0
const faults = sizes
  .filter(({ lines }) => lines > MOST_LINES)
  .map(({ path, lines }) => `${path}: ${lines} lines, at most ${MOST_LINES} are allowed`)

report('file size', faults, `${sizes.length} files, median ${at(0.5)} lines, p90 ${at(0.9)}, largest ${at(1)}`)
