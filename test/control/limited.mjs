// Runs a watcher where the system gives too few watches, edits two files and prints what it reported.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Watcher } from '../../dist/control/watcher.js'

const root = process.argv[2]
const warnings = []
const changed = []
const watcher = new Watcher({
  directories: [root],
  onWarning: (finding) => warnings.push(finding),
  onBatch: async (batch) => {
    changed.push(...batch.changed)
    if (changed.length < 2) return
    process.stdout.write(JSON.stringify({ mode: watcher.mode, warnings, changed }))
    await watcher.close()
  },
})
await watcher.ready()
writeFileSync(join(root, 'd0/a.ts'), 'second')
writeFileSync(join(root, 'd7/a.ts'), 'second')
