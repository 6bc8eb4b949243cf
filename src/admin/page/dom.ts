type Child = Node | string

/** The element with this id, which index.html has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found as T
}

/** Makes an element. Text is set as text: nothing that comes from the engine is ever read as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { className = '', ...attributes }: { className?: string } & Record<string, string> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = className
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Redraws a part of the page; what had the focus in it has it again, when there is such a thing still. */
export function keepingFocus(part: HTMLElement, redraw: () => void): void {
  const focused = part.contains(document.activeElement) ? nameOf(document.activeElement!) : undefined
  redraw()
  if (focused !== undefined) focusNamed(focused)
}

/** What an element is called, so that its successor can be found after a redraw. */
export const nameOf = (element: Element): string | undefined =>
  element.getAttribute('data-key') ?? element.getAttribute('aria-label') ?? undefined

export function focusNamed(name: string): void {
  const isNamed = (element: Element) => nameOf(element) === name
  const found = [...document.querySelectorAll<HTMLElement>('button')].find(isNamed)
  found?.focus({ preventScroll: true })
}

/** Whether the person has asked for less movement. */
export const isCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches

export function button(text: string, onClick: () => void, label = text): HTMLButtonElement {
  const made = make('button', { type: 'button', 'aria-label': label }, text)
  made.addEventListener('click', onClick)
  return made
}

export const ms = (value: number | undefined): string =>
  value === undefined ? '–' : `${value.toFixed(2)} ms`

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  return value < 1024 ** 2 ? `${(value / 1024).toFixed(1)} KB` : `${(value / 1024 ** 2).toFixed(1)} MB`
}
