import { SourceError } from '../transform/declarations.ts'
import { type Content, plainLinks } from './content.ts'
import { Wasm, type WasmModule } from './webassembly.ts'

const DEFAULT = plainLinks(['default'])
const PLAIN = { isAsync: false, isScript: false, requests: [], lazy: [], requires: false } as const

/** @throws SourceError */
export function jsonContent(text: string): Content {
  // Node takes a second mark of the byte order, too.
  const source = text.replace(/^\ufeff/, '')
  try {
    JSON.parse(source)
  } catch (error) {
    const { message } = error as Error
    throw new SourceError(message, Number(/position (\d+)/.exec(message)?.[1] ?? 0))
  }
  return { ...PLAIN, kind: 'json', print: () => ({ code: source, columnOffset: 0, links: DEFAULT }) }
}

export const rawContent = (source: string): Content => ({
  ...PLAIN,
  kind: 'raw',
  print: () => ({ code: source, columnOffset: 0, links: DEFAULT }),
})

export const bytesContent = (bytes: Uint8Array): Content => ({
  ...PLAIN,
  kind: 'bytes',
  print: () => ({ code: '', columnOffset: 0, bytes, links: DEFAULT }),
})

/** A WebAssembly module: its imports are imports, its exports exports. @throws SourceError */
export function wasmContent(bytes: Uint8Array): Content {
  const module = compileWasm(bytes)
  const imports = Wasm.Module.imports(module)
  const specifiers = [...new Set(imports.map((each) => each.module))]
  const slots = imports.map(({ module: specifier, name }) => ({
    request: specifiers.indexOf(specifier),
    name,
    kind: 'value' as const,
  }))
  const exports = Wasm.Module.exports(module).map((each) => each.name)
  return {
    ...PLAIN,
    kind: 'wasm',
    requests: specifiers.map((specifier) => ({ specifier, type: undefined, start: 0 })),
    print: (requests) => ({
      code: '',
      columnOffset: 0,
      bytes,
      links: plainLinks(exports, {
        requests,
        slots,
        uses: { '': slots.map((slot) => slot.name) },
        imported: Object.fromEntries(slots.map((slot, index) => [slot.name, [index]])),
      }),
    }),
  }
}

function compileWasm(bytes: Uint8Array): WasmModule {
  try {
    return new Wasm.Module(Uint8Array.from(bytes))
  } catch (error) {
    throw new SourceError((error as Error).message, 0)
  }
}
