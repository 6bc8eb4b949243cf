export const MUTANTS = []
export function plant() { return { dist: new URL('../../dist/', import.meta.url), remove() {} } }
