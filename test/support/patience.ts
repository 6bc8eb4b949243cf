/** How many times as long as on a machine of its own a computation may take: Node may be emulated. */
export const PATIENCE = process.env.TICKSWAP_ARCH ? 12 : 1
