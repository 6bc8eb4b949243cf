/** Words that the threads of a lockstep fleet share. */
export const Word = { FRAME: 0, RUNNING: 1, DONE: 2 }
/** Words of a worker: the edit that its last step answered with. */
export const Slot = { FIRST: 16, WORDS: 16, EDIT: 0 }
