import type { Case } from './case.ts'
import { cases as asyncCases } from './cases-async.ts'
import { cases as bindings } from './cases-bindings.ts'
import { cases as commonJs } from './cases-commonjs.ts'
import { cases as edges } from './cases-edges.ts'
import { cases as language } from './cases-language.ts'
import { cases as programs } from './cases-programs.ts'
import { cases as resolution } from './cases-resolution.ts'
import { cases as scope } from './cases-scope.ts'
import { cases as syntax } from './cases-syntax.ts'

/** Every program that is run natively and through the loader. */
export const cases: readonly Case[] = [
  ...language,
  ...scope,
  ...bindings,
  ...programs,
  ...syntax,
  ...resolution,
  ...commonJs,
  ...asyncCases,
  ...edges,
]
