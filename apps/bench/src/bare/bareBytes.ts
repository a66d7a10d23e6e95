export const bareBytes = (hex: string): Buffer => Buffer.from(hex.replace(/^0x/, ''), 'hex')
