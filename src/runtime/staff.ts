import type { Worker } from 'node:worker_threads'
import type { Finding } from '../errors.ts'

const ADMIN_GRACE_MS = 1000

/** The threads of a runtime, and where its HTTP interface is, if it has one. */
export interface Threads {
  readonly control: Worker
  readonly admin: Worker | undefined
  readonly address: string | undefined
}

/** The threads that belong to the participant that started them. */
export class Staff {
  readonly address: string | undefined
  readonly #control: Worker
  #admin: Worker | undefined

  /** `lost`: the control thread has ended; `warn`: something else has that can be done without. */
  constructor(
    { control, admin, address }: Threads,
    lost: (why: string) => void,
    warn: (why: string) => void,
  ) {
    this.#control = control
    this.#admin = admin
    this.address = address
    admin?.on('error', (error: Error) => warn(`the admin thread ended: ${error.stack ?? error.message}`))
    // Of one that nobody waited for.
    admin?.on('message', ({ ready, finding }: { ready: boolean; finding?: Finding }) => {
      if (!ready) warn(`no command can reach this engine: ${finding?.message}`)
    })
    admin?.once('exit', () => {
      this.#admin = undefined
    })
    let why = ''
    control.on('error', (error: Error) => {
      why = `: ${error.stack ?? error.message}`
    })
    control.once('exit', () => lost(why))
  }

  async end(): Promise<void> {
    await Promise.all([this.#control.terminate(), this.#endAdmin()])
  }

  /** Lets the admin thread close its sockets and take its files away. */
  async #endAdmin(): Promise<void> {
    const admin = this.#admin
    if (!admin) return
    const timer = setTimeout(() => void admin.terminate(), ADMIN_GRACE_MS)
    await new Promise((resolve) => {
      admin.once('exit', resolve)
      admin.postMessage('close')
    })
    clearTimeout(timer)
  }
}
