/** What `require` gives of hot modules that are ES modules. */
import { evaluationOrder } from '../graph.ts'
import { evaluateOne } from './evaluation.ts'
import { Instance } from './instance.ts'
import { Packages } from './packages.ts'
import { nodeIn, type World } from './world.ts'

/**
 * Evaluates a module and all that it imports, without yielding.
 * @param add makes an instance part of the world
 * @throws what a module throws; Node's errors for one that awaits, or that is being evaluated
 */
export function requireModule(world: World, id: string, add: (id: string) => Instance): Instance {
  const order = evaluationOrder([id], (each) => nodeIn(world, each))
  const added: Instance[] = []
  for (const each of order) {
    const known = world.instance(each)
    if (known?.failure) throw known.failure.error
    if (known?.phase !== 'evaluated' && world.artifact(each)!.async) throw awaits(id)
  }
  if (world.instance(id)?.phase === 'running') throw circular(id)
  for (const each of order) if (!world.instance(each)) added.push(add(each))
  const packages = new Packages(world, added)
  packages.loadFirstSync()
  packages.link()
  for (const step of packages.steps()) if (!(step instanceof Instance)) packages.loadSync(step)
  for (const each of order) evaluateOne(world.instance(each)!)
  return world.instance(id)!
}

const withCode = (code: string, message: string): Error => Object.assign(new Error(message), { code })

const awaits = (id: string): Error =>
  withCode('ERR_REQUIRE_ASYNC_MODULE', `require() cannot be used on ${id}, which awaits at its top level`)

const circular = (id: string): Error =>
  withCode('ERR_REQUIRE_CYCLE_MODULE', `Cannot require() ES Module ${id} in a cycle`)

const facades = new WeakMap<object, object>()

/** A namespace as `require` returns it: with `__esModule` where there is a default export, as Node has it. */
export function requiredOf(namespace: object): unknown {
  if (Object.hasOwn(namespace, 'module.exports')) return Reflect.get(namespace, 'module.exports')
  if (!Object.hasOwn(namespace, 'default') || Object.hasOwn(namespace, '__esModule')) return namespace
  const facade = facades.get(namespace) ?? facadeOf(namespace)
  facades.set(namespace, facade)
  return facade
}

function facadeOf(namespace: object): object {
  const facade = Object.create(null)
  for (const name of [...Object.keys(namespace), '__esModule'].sort()) {
    const get = name === '__esModule' ? () => true : () => Reflect.get(namespace, name)
    Object.defineProperty(facade, name, { get, enumerable: true })
  }
  Object.defineProperty(facade, Symbol.toStringTag, { value: 'Module' })
  return Object.preventExtensions(facade)
}
