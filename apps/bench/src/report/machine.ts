import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { currentNatsServer } from '@kms-connector/devnet'

/** Where and with what was measured; figures are comparable only where this is the same. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGb: number
  readonly platform: string
  readonly node: string
  readonly natsServer: string
  /** Short hash of the commit, with + when files were changed; unknown outside of a clone. */
  readonly commit: string
}

export function describeMachine(): Machine {
  const cores = cpus()
  return {
    processor: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 1e9),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    natsServer: currentNatsServer().version,
    commit: commitOf(),
  }
}

function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`
  } catch {
    return 'unknown'
  }
}
