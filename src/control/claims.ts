import type { Finding } from '../errors.ts'
import type { Contract } from '../units/contract.ts'
import type { Version } from '../version/version.ts'

/** What of a version says whether its word is taken. */
export interface Claimant {
  readonly contract: Contract
  readonly version: Version
  /** of its content */
  readonly hash: string
}

/** Which contents are deterministic: those that declare it, until something has shown that they are not. */
export class Claims {
  readonly #false = new Map<string, string>()

  /** Why a version's calls cannot be made again; undefined when they can. */
  doubt({ contract, hash }: Claimant): string | undefined {
    if (!contract.deterministic) return `${contract.name} does not declare itself deterministic`
    return this.#false.get(keyOf(contract.name, hash))
  }

  deny({ contract, hash }: Claimant, why: string): void {
    this.#false.set(keyOf(contract.name, hash), why)
  }

  /** Takes note of what the test of ticks has found out about a unit that runs. */
  hear({ code, unit = '' }: Finding, running: (unit: string) => Claimant | undefined): void {
    const claimant = code === 'TICKSWAP_E_SYNC_TEST' ? running(unit) : undefined
    if (claimant) this.deny(claimant, `the test of its ticks has found that ${unit} is not deterministic`)
  }
}

const keyOf = (unit: string, hash: string): string => `${unit} ${hash}`
