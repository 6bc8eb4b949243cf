/**
 * Words of the board about the inputs that participants log, and about making the calls again. They stand apart from
 * the words of the protocol: without a log nobody looks at them.
 */
export const InputWord = {
  /** how far the calls have been made again: see RewindPhase */
  PHASE: 0,
  /** the swap that this is about */
  SWAP: 1,
  /** the last round that was led for it */
  DONE: 2,
  /** XXH3-64 of the shared columns after the first time */
  HASH_LOW: 3,
  HASH_HIGH: 4,
  /** why it was not done, or not kept: an Obstacle, and the slot from bit 8 on */
  WHY: 5,
  /** who was there at the commit of the swap in probation */
  MEMBERS: 6,
  /** the last swap from whose commit on inputs are logged */
  LATEST: 7,
  /** since this swap, or one before it, somebody has come who was not there at its commit */
  STRANGER: 8,
  /** the swap whose calls are being made again while somebody has come who does not take part */
  VISITED: 9,
} as const

/** Words before those of the slots; a slot's is the first swap that its log reaches back to, or a negative Obstacle. */
export const INPUT_WORDS = 10

export const RewindPhase = {
  NONE: 0,
  OFFERED: 1,
  FIRST: 2,
  AGAIN: 3,
  /** what was kept before is to go on: the next round brings it back */
  GIVEN_UP: 4,
  /** the end: what came of it goes on, or what was kept before */
  KEPT: 5,
  BROUGHT_BACK: 6,
} as const

/** Why the calls since a swap cannot be made again. */
export const Obstacle = {
  NONE: 0,
  /** a participant has come since */
  JOINED: 1,
  /** the log is full: too many ticks, bytes, or milliseconds of calls */
  TICKS: 2,
  BYTES: 3,
  TIME: 4,
  /** a call had arguments that cannot be kept */
  ARGUMENTS: 5,
  /** somebody who was there has gone */
  LEFT: 6,
  /** made twice, the calls came to different states */
  DIFFERS: 7,
  /** somebody has come since, and has gone again, or has taken the place of somebody who was there */
  STRANGER: 8,
  /** somebody came, or came back, while the calls were made again */
  VISITED: 9,
} as const
export type ObstacleCode = (typeof Obstacle)[keyof typeof Obstacle]

const SLOT_SHIFT = 8
export const obstacleAt = (code: ObstacleCode, slot: number): number => code | (slot << SLOT_SHIFT)
export const obstacleOf = (word: number): { readonly code: ObstacleCode; readonly slot: number } => ({
  code: (word & ((1 << SLOT_SHIFT) - 1)) as ObstacleCode,
  slot: word >> SLOT_SHIFT,
})
