const DECIMALS = 18

/** @returns an amount of wei in whole tokens, to the last digit, such as "1.05" */
export function etherText(wei: bigint): string {
  const digits = wei.toString().padStart(DECIMALS + 1, '0')
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '')
  return digits.slice(0, -DECIMALS) + (fraction === '' ? '' : `.${fraction}`)
}
