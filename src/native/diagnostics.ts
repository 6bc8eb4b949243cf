import { addon } from './addon.ts'

/** What the native core of this process runs. */
export interface NativeDiagnostics {
  /** the implementation that was chosen when the addon was loaded */
  readonly implementation: string
  /** all that this machine runs, best last, such as `c neon llsc lse`; `lse` needs the atomics of ARMv8.1 */
  readonly available: string
  /** the kernels by whose form of them runs, such as `neon: version_best hash_stripes` */
  readonly kernels: Readonly<Record<string, string>>
  /** whether the kernel tells which pages were written, and if not, why */
  readonly writeTracking: 'yes' | `no: ${string}`
}

/** Throws as `addon()` does. */
export function nativeDiagnostics(): NativeDiagnostics {
  const native = addon()
  const kernels: Record<string, string> = {}
  for (const [kernel, owner] of Object.entries(native.kernels()))
    kernels[owner] = kernels[owner] ? `${kernels[owner]} ${kernel}` : kernel
  const obstacle = native.writeObstacle()
  return {
    implementation: native.implementation(),
    available: native.available().join(' '),
    kernels,
    writeTracking: obstacle ? `no: ${obstacle}` : 'yes',
  }
}
