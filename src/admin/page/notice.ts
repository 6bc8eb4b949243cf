import { byId, focusNamed, nameOf } from './dom.ts'

const SHOWN_MS = 10_000
let timer: ReturnType<typeof setTimeout> | undefined

/** Says what went wrong, at the top of the page. */
export function report(error: unknown): void {
  const notice = byId('notice')
  notice.textContent = error instanceof Error ? error.message : String(error)
  notice.hidden = false
  clearTimeout(timer)
  timer = setTimeout(() => {
    notice.hidden = true
  }, SHOWN_MS)
}

export function openDetails(title: string, ...body: readonly Node[]): void {
  byId('details-title').textContent = title
  byId('details-body').replaceChildren(...body)
  const dialog = byId<HTMLDialogElement>('details')
  if (dialog.open) return
  const opener = document.activeElement
  const name = opener && nameOf(opener)
  // The button may have been redrawn meanwhile: then the browser has nowhere to go back to.
  dialog.onclose = () => {
    if (name && !opener.isConnected) focusNamed(name)
  }
  dialog.showModal()
}

/** Tells a screen reader, in a line that nobody sees. */
export function announce(text: string): void {
  byId('news').textContent = text
}
