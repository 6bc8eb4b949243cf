/**
 * A program that has to do the same in Node and in the loader. `main.js` is imported;
 * what it exports as `result` is the outcome (a promise is awaited), with what `log`
 * was called with.
 */
export interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** compare the messages of errors too */
  readonly messages?: boolean
  /** participants do something else, and docs/loader.md says so */
  readonly notInParticipants?: true
  /** what to import, in turn; default: main.js */
  readonly imports?: readonly string[]
}

/** @param text of main.js */
export const main = (
  name: string,
  text: string,
  files: Record<string, string> = {},
  more: Partial<Case> = {},
): Case => ({
  name,
  files: { 'main.js': text, ...files },
  ...more,
})
