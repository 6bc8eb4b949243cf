import type { GraphUpdate } from '../units/code/artifact.ts'
import type { PrepareMessage } from './protocol.ts'
import { Transition } from './transition.ts'
import type { World } from './world.ts'

/** A candidate that has been loaded, or why not. */
export type Loaded = { readonly transition: Transition } | { readonly error: unknown }

/**
 * Loads and evaluates a candidate beside what runs, and hands it to `done`: at once, so that
 * it works in a loop that never yields, or, when a module awaits in its body, as soon as the
 * event loop has let it finish.
 */
export function load(world: World, message: PrepareMessage, done: (loaded: Loaded) => void): void {
  const fail = (error: unknown) => done({ error })
  if (awaits(world, message.update)) {
    world.linker
      .prepareAsync(message.update)
      .then((prepared) => done({ transition: new Transition(world, message, prepared) }))
      .catch(fail)
    return
  }
  let transition: Transition
  try {
    transition = new Transition(world, message, world.linker.prepare(message.update))
  } catch (error) {
    return fail(error)
  }
  done({ transition })
}

/** Whether a module that the update evaluates has a top-level await. */
function awaits(world: World, update: GraphUpdate): boolean {
  const brought = new Map(update.artifacts.map((artifact) => [artifact.id, artifact]))
  return update.evaluate.some((id) => (brought.get(id) ?? world.linker.sourceOf(id))?.async)
}
