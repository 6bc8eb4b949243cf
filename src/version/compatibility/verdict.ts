/** From nothing to do to not possible. */
export const VERDICTS = ['identical', 'compatible', 'needs-migration', 'breaking', 'incompatible'] as const
export type Verdict = (typeof VERDICTS)[number]

/** What goes with a change, in the order in which it is done. */
export const ACTIONS = [
  /** state is copied before the change */
  'backup',
  /** state moves by name, or by a migration that is there */
  'migrate-auto',
  /** somebody has to write a migration, or to go by a version in between */
  'migrate-manual',
  /** a person should say yes: something that others may use is gone or changed */
  'confirm',
  /** there is a way back, with the state */
  'rollback-available',
  /** the change is refused */
  'reject',
] as const
export type Action = (typeof ACTIONS)[number]

/** The worse of two. */
export const worse = (a: Verdict, b: Verdict): Verdict => (VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b)

/** A set of actions in their order. */
export const inOrder = (actions: ReadonlySet<Action>): Action[] =>
  ACTIONS.filter((action) => actions.has(action))
