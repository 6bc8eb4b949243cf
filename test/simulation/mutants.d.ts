export const MUTANTS: Record<string, { from: number; file: string; find: RegExp; replace: string }>
