import { parser } from '@prometheus-io/lezer-promql'

export interface Expression {
  /** Names of the metrics it reads. */
  readonly metrics: readonly string[]
  /** Labels that it selects, groups or joins by. */
  readonly labels: readonly string[]
  /** What is wrong with its syntax; undefined when nothing is. */
  readonly fault: string | undefined
}

/** Reads a PromQL expression. Variables of Grafana that stand for a duration have to be replaced before. */
export function readPromql(text: string): Expression {
  const metrics: string[] = []
  const labels: string[] = []
  let fault: string | undefined
  parser.parse(text).iterate({
    enter: node => {
      const found = text.slice(node.from, node.to)
      if (node.type.isError) fault ??= `syntax error at ${node.from}, before "${text.slice(node.from, node.from + 20)}"`
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') metrics.push(found)
      if (node.name === 'LabelName') labels.push(found)
    },
  })
  return { metrics, labels, fault }
}
