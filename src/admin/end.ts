import type { Worker } from 'node:worker_threads'

const ADMIN_GRACE_MS = 1000

/** Lets the admin thread close its sockets and take its files away. */
export async function endAdmin(admin: Worker | undefined): Promise<void> {
  if (!admin) return
  const timer = setTimeout(() => void admin.terminate(), ADMIN_GRACE_MS)
  await new Promise((resolve) => {
    admin.once('exit', resolve)
    admin.postMessage('close')
  })
  clearTimeout(timer)
}
