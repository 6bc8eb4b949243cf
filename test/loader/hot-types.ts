// Not run: what `tsc` has to take, and to refuse, of a module that uses import.meta.hot.
import type {} from 'tickswap/module'

if (import.meta.hot) {
  const { hot } = import.meta
  hot.data.count = (hot.data.count ?? 0) + 1
  hot.accept()
  hot.accept((module) => module.anything)
  hot.accept('./a.ts', (module) => module.a)
  hot.accept(['./a.ts', './b.ts'], ([a, b]) => [a?.x, b?.y])
  hot.accept('./a.ts')
  hot.dispose((data) => {
    data.left = 1
  })
  hot.prune((data) => data.left)
  hot.invalidate('why')
  hot.invalidate()
  hot.decline()
  hot.send('my:event', { any: 'thing' })
  hot.on('vite:beforeUpdate', ({ updates }) => updates.map(({ path }): string => path))
  hot.on('vite:error', ({ err }): string => err.message)
  hot.on('my:event', (payload: unknown) => payload)
  hot.off('vite:beforePrune', ({ paths }) => paths.length)
  // @ts-expect-error there is no such method
  hot.reload()
  // @ts-expect-error data is changed, not replaced
  hot.data = {}
  // @ts-expect-error an event of Vite's has a payload of its own
  hot.on('vite:invalidate', ({ paths }) => paths)
}
