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

export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token)

/** @throws Error with what the engine says, and what to do about it */
export async function ask<T>(path: string, body?: object): Promise<T> {
  const token = sessionStorage.getItem(KEY)
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  if (body) headers['content-type'] = 'application/json'
  const init = body ? { method: 'POST', body: JSON.stringify(body), headers } : { headers }
  const response = await fetch(path, init)
  if (response.ok) return response.json() as Promise<T>
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined
  throw new Error(problem ? `${problem.detail}. ${problem.advice}` : `the engine answered ${response.status}`)
}
