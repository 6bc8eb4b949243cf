/** How the page asks the engine. */

const KEY = 'tickswap-token'

/** A problem document, as the interface answers with it. */
export interface Problem {
  readonly status: number
  readonly detail: string
  readonly advice: string
}

/** The token comes with the address that the engine printed, and stays with the tab. */
export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given) {
    sessionStorage.setItem(KEY, given)
    history.replaceState(undefined, '', location.pathname)
  }
  return sessionStorage.getItem(KEY) ?? ''
}

let tell = () => {}
let given = new Promise<void>((resolve) => {
  tell = resolve
})

export function keepToken(text: string): void {
  sessionStorage.setItem(KEY, text)
  tell()
  given = new Promise((resolve) => {
    tell = resolve
  })
}

/** Resolves when somebody has given another token. */
export const whenToken = (): Promise<void> => given

/** The header with the token, when there is one. */
export function token(): Record<string, string> {
  const kept = sessionStorage.getItem(KEY)
  return kept ? { authorization: `Bearer ${kept}` } : {}
}

/** @throws Error with what the engine says, and what to do about it */
export async function ask<T>(path: string, body?: object): Promise<T> {
  const headers = token()
  if (body) headers['content-type'] = 'application/json'
  const init = body ? { method: 'POST', body: JSON.stringify(body), headers } : { headers }
  const response = await fetch(path, init).catch(() => {
    throw new Error('The engine does not answer: is it still running?')
  })
  if (response.ok) return response.json() as Promise<T>
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined
  throw new Error(problem ? `${problem.detail}. ${problem.advice}` : `the engine answered ${response.status}`)
}
