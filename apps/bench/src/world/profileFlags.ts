import { join } from 'node:path'

/** @returns variables with which a process writes a CPU profile into a folder of its own when it ends; none without a folder */
export function profileFlags(
  { profile }: { readonly profile?: string | undefined },
  name: string,
): Record<string, string> {
  return profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${join(profile, name)}` }
}
