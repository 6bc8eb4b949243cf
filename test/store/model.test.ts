import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BACKENDS } from '../../dist/store/backends/contract.js'
import { blake3Hex } from '../../dist/store/hash.js'
import type { Store } from '../../dist/store/store.js'
import { openStore, scratch } from './support.ts'

/** What a store is to its users: owners that name contents, and contents by their hash. */
class Model {
  readonly owners = new Map<string, string[]>()
  readonly contents = new Map<string, string>()
  entries = 0

  keep(owner: string, texts: readonly string[]): void {
    const hashes = texts.map((text) => blake3Hex(Buffer.from(text)))
    for (const [i, hash] of hashes.entries()) this.contents.set(hash, texts[i]!)
    this.owners.set(owner, [...new Set(hashes)])
  }

  collect(): void {
    const named = new Set([...this.owners.values()].flat())
    for (const hash of this.contents.keys()) if (!named.has(hash)) this.contents.delete(hash)
  }
}

const owner = fc.constantFrom('a', 'b', 'version/x/1', 'ä/语')
const text = fc.constantFrom('', 'x', 'short text', 'a'.repeat(3000), 'tick swap '.repeat(500))
const step = fc.oneof(
  fc.record({ do: fc.constant('keep' as const), owner, texts: fc.array(text, { maxLength: 3 }) }),
  fc.record({ do: fc.constant('release' as const), owner }),
  fc.record({ do: fc.constant('append' as const) }),
  fc.record({
    do: fc.constantFrom('flush' as const, 'freeze' as const, 'collect' as const, 'forget' as const),
  }),
  fc.record({
    do: fc.constant('migrate' as const),
    to: fc.constantFrom('lmdb' as const, 'classic-level' as const),
  }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function act(store: Store, model: Model, each: Step): Promise<void> {
  switch (each.do) {
    case 'keep':
      await store.objects.keep({
        owner: each.owner,
        blobs: each.texts.map((content) => Buffer.from(content)),
      })
      return model.keep(each.owner, each.texts)
    case 'release':
      await store.objects.release(each.owner)
      return void model.owners.delete(each.owner)
    case 'append':
      await store.journal.append({ outcome: 'permanent', trigger: 'edit', units: [] })
      return void model.entries++
    case 'flush':
      return store.flush()
    case 'freeze':
      return store.flush(true)
    case 'collect':
      await store.cleanup(0)
      return model.collect()
    case 'forget':
      return store.objects.hot.clear()
    case 'migrate':
      if (store.stats().backend !== 'memory') await store.migrate(each.to)
  }
}

async function compare(store: Store, model: Model): Promise<void> {
  for (const [name, hashes] of model.owners) expect(store.objects.owner(name)?.hashes).toEqual(hashes)
  for (const [hash, content] of model.contents)
    expect(Buffer.from((await store.objects.get(hash))!).toString()).toBe(content)
  expect((await store.objects.owners('')).sort()).toEqual([...model.owners.keys()].sort())
  expect(store.journal.head.seq).toBe(model.entries)
  const { problems, objects } = await store.verify()
  expect([problems, objects]).toEqual([[], model.contents.size])
}

it.each(BACKENDS)(
  'whatever is done to a store on %s, it is what a simple model is',
  async (backend) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const ages = { warmMs: 0, coldMs: 3_600_000, graceMs: 0 }
        const store = await openStore({ path: scratch(), backend, ages, budgets: { hotBytes: 4000 } })
        const model = new Model()
        try {
          for (const each of steps) await act(store, model, each)
          await compare(store, model)
        } finally {
          await store.close()
        }
      }),
      { numRuns: backend === 'memory' ? 40 : 12 },
    )
  },
  60_000,
)
