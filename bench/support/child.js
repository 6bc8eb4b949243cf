/** The process of one benchmark: `child.js NAME FOLDER quick|full`. */
import { answer } from './process.js'

const [name, dir, mode] = process.argv.slice(2)

answer(async () => {
  const { run } = await import(`../cases/${name}.js`)
  return run({ dir, quick: mode === 'quick' })
})
