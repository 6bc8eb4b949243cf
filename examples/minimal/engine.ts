/** An engine of two units at 60 Hz. Run it with `tickswap run engine.ts`, then edit the files in systems/. */
import { createRuntime } from 'tickswap'

const runtime = await createRuntime({ units: new URL('./systems', import.meta.url) })
const clock = runtime.use<typeof import('./systems/clock.ts')>('clock')
const greeter = runtime.use<typeof import('./systems/greeter.ts')>('greeter', '^1.0.0')

runtime.on('swap', ({ units, liveMs }) => {
  for (const { unit, from, to } of units)
    console.log(`${unit} ${from} -> ${to}, live in ${liveMs?.toFixed(1)} ms`)
})
runtime.on('reject', ({ findings }) => console.log('refused:', findings[0]?.message))
runtime.on('rollback', ({ findings }) => console.log('taken back:', findings[0]?.message))

const loop = setInterval(() => {
  runtime.tick()
  clock.exports.step(1 / 60)
  const line = greeter.exports.step()
  if (line) console.log(line)
}, 1000 / 60)

process.once('SIGINT', async () => {
  clearInterval(loop)
  await runtime.close()
})
