import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { Project } from './project.ts'

let project: Project
let worker: Worker | undefined
afterEach(async () => {
  await worker?.terminate()
  project.close()
})

test('a worker that never yields loads, takes new externals, and refuses what it cannot do', async () => {
  project = new Project({
    'main.ts': `import { value } from './value.ts'
import { defineUnit, f32 } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', state: { columns: { x: f32(4) } } })
export const run = (): unknown => [value(), unit.definition.version]`,
    'value.ts': `export const value = (): unknown => 1`,
    'node_modules/cjs-pkg/index.js': `exports.named = 'named'; exports.deep = { a: 1 }`,
    'node_modules/esm-pkg/package.json': `{"type":"module","exports":{"import":"./i.js","require":"./r.cjs"}}`,
    'node_modules/esm-pkg/i.js': `export default 'esm'; export let x = 1`,
  })
  const { port1, port2 } = new MessageChannel()
  const signal = new SharedArrayBuffer(4)
  worker = new Worker(new URL('./participant-child.mjs', import.meta.url), {
    workerData: { port: port2, signal, main: project.path('main.ts') },
    transferList: [port2],
  })
  const send = async (message: object) => {
    const answer = once(port1, 'message')
    port1.postMessage(message)
    Atomics.store(new Int32Array(signal), 0, 1)
    Atomics.notify(new Int32Array(signal), 0)
    return (await answer)[0]
  }
  const boot = await project.stager.boot([project.path('main.ts')])
  project.stager.accept(boot)
  expect(await send({ update: boot.update })).toEqual({ result: [1, '1.0.0'] })

  const text = `import whole, { named } from 'cjs-pkg'
import * as ns from 'cjs-pkg'
import esm, { x } from 'esm-pkg'
import fs, { readFileSync } from 'node:fs'
export const value = (): unknown => [whole.deep.a, named, Object.keys(ns), esm, x, fs.readFileSync === readFileSync]`
  const externals = await project.stage({ 'value.ts': text })
  project.stager.accept(externals)
  expect(await send({ update: externals.update })).toEqual({
    result: [[1, 'named', ['named', 'deep', 'default'], 'esm', 1, true], '1.0.0'],
  })

  const awaits = await project.stage({ 'value.ts': `export const value = (): unknown => 3\nawait null` })
  expect(await send({ update: awaits.update })).toMatchObject({
    error: { code: 'TICKSWAP_E_TOP_LEVEL_AWAIT' },
  })
  const missing = await project.stage({
    'value.ts': `import { nope } from 'cjs-pkg'\nexport const value = (): unknown => nope.x`,
  })
  expect(await send({ update: missing.update })).toMatchObject({
    error: { name: 'SyntaxError', code: 'TICKSWAP_E_LINK' },
  })

  const last = await project.stage({ 'value.ts': `export const value = (): unknown => 'last'` })
  expect(await send({ update: last.update })).toEqual({ result: ['last', '1.0.0'] })
})

test('code that a module makes at run time imports in a participant too, where modules come with a code cache', async () => {
  project = new Project({
    'package.json': '{"type":"module"}',
    'b.js': 'export const b = 7',
    'a.js': `export const direct = () => eval("import('./b.js')")
export const indirect = () => (0, eval)("import('node:os')")
export const made = () => new Function("return import('node:path')")()`,
  })
  const { update } = await project.stager.boot([project.path('a.js')])
  const received = structuredClone(update)
  expect(received.artifacts.every(({ cache }) => cache)).toBe(true)
  project.linker.load(received)
  const { direct, indirect, made } = project.exports('a.js')
  expect((await direct()).b).toBe(7)
  expect((await indirect()).EOL).toBe('\n')
  expect((await made()).sep).toBe('/')
})
