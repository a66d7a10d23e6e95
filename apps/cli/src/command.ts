import type { CommandContext } from './commandContext.ts'

/** What a command ends with. */
export const COMMAND_EXIT = {
  done: 0,
  /** Wrong use, or a fault that kept it from doing its work. */
  failed: 1,
  /** It did its work and found problems: for commands that check something. */
  problems: 2,
} as const
export type CommandExit = (typeof COMMAND_EXIT)[keyof typeof COMMAND_EXIT]

/** An option of a command, without the dashes as its name. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** May be given several times. */
  readonly multiple?: boolean
  /** Name of its value in the help, such as `CODE`. */
  readonly value?: string
  readonly describe: string
}
type OptionSpecs = Readonly<Record<string, OptionSpec>>

type OptionValue<S extends OptionSpec> = S['type'] extends 'boolean'
  ? boolean
  : S extends { readonly multiple: true }
    ? readonly string[]
    : string | undefined

/** What the options are once read: flags are false, lists are empty and texts are undefined when not given. */
export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]: OptionValue<O[K]> }

export interface CommandSpec<O extends OptionSpecs> {
  /** What follows the name, such as `KEY... [OPTIONS]`. */
  readonly usage: string
  /** For `--help`: what it does, what it changes, what it needs. Paragraphs are kept, lines are filled anew. */
  readonly describe: string
  /** How many arguments it takes, at least and at most; none when left out. */
  readonly takes?: readonly [least: number, most: number]
  readonly options: O
  readonly run: (
    context: CommandContext,
    options: OptionValues<O>,
    positionals: readonly string[],
  ) => Promise<CommandExit>
}

/** A command as the front door sees it. */
export type Command = CommandSpec<OptionSpecs>

/** Declares a command; the types of its options follow from their declarations. */
export function defineCommand<const O extends OptionSpecs>(spec: CommandSpec<O>): Command {
  // CAST: the front door reads exactly these options, so `run` gets the values that it declared
  return spec as unknown as Command
}

/** The option of commands that can answer programs. */
export const JSON_OPTION = {
  json: { type: 'boolean', describe: 'print JSON, for programs' },
} as const satisfies OptionSpecs

/** Arguments that a command cannot work with; answered with the usage and exit code 1. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}
