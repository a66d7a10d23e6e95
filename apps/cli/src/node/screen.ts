import type { ReadStream, WriteStream } from 'node:tty'

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const END_OF_LINE = '\x1b[K'
const END_OF_SCREEN = '\x1b[J'
const CTRL_C = '\x03'

/**
 * The second screen of a terminal, as long as a dashboard runs. Lines are written over those before in one piece, so that
 * nothing flickers; a resized terminal is drawn anew at once. `q` or Ctrl-C ends it.
 */
export class Screen {
  readonly #in: ReadStream
  readonly #out: WriteStream
  readonly #quit = new AbortController()
  readonly #onKey = (data: Buffer) => this.#key(data.toString('latin1'))
  readonly #onResize = () => this.#draw()
  readonly #onSignal = () => this.#quit.abort()
  #lines: (columns: number, rows: number) => readonly string[] = () => ['looking ...']

  constructor(input: ReadStream, output: WriteStream) {
    this.#in = input
    this.#out = output
    output.write(ENTER)
    output.on('resize', this.#onResize)
    process.on('SIGTERM', this.#onSignal)
    process.on('SIGHUP', this.#onSignal)
    if (input.isTTY) {
      input.setRawMode(true)
      input.on('data', this.#onKey)
      input.resume()
    }
    this.#draw()
  }

  /** Fires when the person at the terminal has enough. */
  get quit(): AbortSignal {
    return this.#quit.signal
  }

  /** @param lines what to draw for a terminal of so many columns and rows; asked again when it is resized */
  show(lines: (columns: number, rows: number) => readonly string[]): void {
    this.#lines = lines
    if (!this.quit.aborted) this.#draw()
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.#out.off('resize', this.#onResize)
    process.off('SIGTERM', this.#onSignal)
    process.off('SIGHUP', this.#onSignal)
    if (this.#in.isTTY) {
      this.#in.off('data', this.#onKey)
      this.#in.setRawMode(false)
      this.#in.pause()
    }
    this.#out.write(LEAVE)
  }

  #key(key: string): void {
    if (key === 'q' || key === 'Q' || key === CTRL_C) this.#quit.abort()
  }

  #draw(): void {
    const lines = this.#lines(this.#out.columns ?? 80, this.#out.rows ?? 24)
    this.#out.write(`${HOME}${lines.map(line => `${line}${END_OF_LINE}`).join('\r\n')}${END_OF_SCREEN}`)
  }
}
