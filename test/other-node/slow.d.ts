export const SLOW: Readonly<Record<string, string>>
