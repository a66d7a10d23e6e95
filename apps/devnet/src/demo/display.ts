import { liveTable } from './liveTable.ts'
import type { Progress } from './progress.ts'

/** Shows progress while the demo works. */
export interface Display {
  /** Something happened that is worth a line. */
  line(text: string): void
  /** Shows the last state and leaves the terminal as it was found. Once is enough; more does nothing. */
  end(): void
}

const FRAME_MS = 200
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const CLEAR_BELOW = '\x1b[J'

/** A table that is redrawn in place: for terminals. */
export function liveDisplay(progress: Progress, out: NodeJS.WriteStream): Display {
  let drawn = 0
  let ended = false
  const draw = () => {
    const lines = liveTable(progress, out.columns ?? 80, out.rows ?? 24)
    out.write(`${up(drawn)}${CLEAR_BELOW}${lines.join('\n')}\n`)
    drawn = lines.length
  }
  const show = () => void out.write(SHOW_CURSOR)
  process.once('exit', show)
  out.write(HIDE_CURSOR)
  draw()
  const timer = setInterval(draw, FRAME_MS)
  return {
    line: text => progress.note(text),
    end() {
      if (ended) return
      ended = true
      clearInterval(timer)
      draw()
      process.off('exit', show)
      show()
    },
  }
}

function up(lines: number): string {
  return lines === 0 ? '' : `\x1b[${lines}A\r`
}

const PLAIN_MS = 1_000

/** A line now and then: for logs and pipes. */
export function plainDisplay(progress: Progress, out: NodeJS.WritableStream): Display {
  let before = ''
  const print = (text: string) => void out.write(`${progress.seconds.toFixed(1).padStart(6)} s  ${text}\n`)
  const counts = () => {
    const { total, requested, published, answered, onChain } = progress
    const text = `requested ${requested}/${total}, published ${published}, answered ${answered}, on chain ${onChain}`
    if (text === before || requested === 0) return
    before = text
    print(text)
  }
  const timer = setInterval(counts, PLAIN_MS)
  return {
    line: text => print(text),
    end() {
      clearInterval(timer)
      counts()
    },
  }
}
