export const FRAME: number
export const RUNNING: number
export const SLOT: number
export const SLOT_WORDS: number
export function versionCode(text: string): number
