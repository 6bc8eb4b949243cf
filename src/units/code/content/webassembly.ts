/** The part of WebAssembly's JavaScript interface that is used here; Node's types leave it to the browser's. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module'
}

interface WasmInterface {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule
    imports(module: WasmModule): { readonly module: string; readonly name: string }[]
    exports(module: WasmModule): { readonly name: string }[]
  }
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: Record<string, unknown> }
}

export const { WebAssembly: Wasm } = globalThis as unknown as { WebAssembly: WasmInterface }
