import { createServer, createServerModuleRunner } from 'vite'

/** A Vite server without a browser: nothing but what a module runner needs. */
export const viteServer = (root, options = {}) =>
  createServer({
    configFile: false,
    root,
    logLevel: 'silent',
    appType: 'custom',
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, ws: false, watch: null, ...options.server },
    ...(options.environments && { environments: options.environments }),
  })

/** Vite's module runner in this process, as a server that reloads its own modules has it. */
export class ViteRunner {
  #server
  #runner

  static async start(root) {
    const vite = new ViteRunner()
    vite.#server = await viteServer(root)
    const options = { hmr: false, sourcemapInterceptor: false }
    vite.#runner = createServerModuleRunner(vite.#server.environments.ssr, options)
    return vite
  }

  import(file) {
    return this.#runner.import(file)
  }

  /** Forgets a file and everything that imports it, as an edit of it makes Vite do. */
  invalidate(file, ...importers) {
    const { moduleGraph } = this.#server.environments.ssr
    for (const each of [file, ...importers]) {
      for (const module of moduleGraph.getModulesByFile(each) ?? []) moduleGraph.invalidateModule(module)
      for (const node of this.#runner.evaluatedModules.getModulesByFile(each) ?? [])
        this.#runner.evaluatedModules.invalidateModule(node)
    }
  }

  async close() {
    await this.#runner.close()
    await this.#server.close()
  }
}
