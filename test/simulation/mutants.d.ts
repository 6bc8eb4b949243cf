export const MUTANTS: Record<string, { file: string; find: RegExp; replace: string }>
