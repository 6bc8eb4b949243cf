/** `node tools/layout/main.js` writes what depends on the layout; `--check` fails on a stale copy. */
import { readFileSync, writeFileSync } from 'node:fs'
import { layOut } from './compute.js'
import { addonEntries, assemblyHeader, cHeader, typescript } from './write.js'

const OUTPUTS = {
  'native/include/tickswap/layout.h': cHeader,
  'native/arm64/layout.h': assemblyHeader,
  'native/addon/layout_entries.h': addonEntries,
  'src/registry/layout.ts': typescript,
}

function read(url) {
  try {
    return readFileSync(url, 'utf8')
  } catch {
    return ''
  }
}

const structs = layOut()
const checking = process.argv.includes('--check')
const stale = []
for (const [path, write] of Object.entries(OUTPUTS)) {
  const url = new URL(`../../${path}`, import.meta.url)
  const text = `${write(structs).join('\n')}\n`
  if (read(url) === text) continue
  stale.push(path)
  if (!checking) writeFileSync(url, text)
}
if (checking && stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}. The layout's table says otherwise; run \`make layout\`.`)
  process.exitCode = 1
}
