import { createRequire } from 'node:module'
import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Document } from 'yaml'
import { type Place, TickswapError } from '../../errors.ts'
import { Constraint } from '../constraint.ts'
import { type KnownRule, type Rule, readRule } from './rules.ts'
import { ACTIONS, VERDICTS } from './verdict.ts'

const SCHEMA = {
  type: 'object',
  required: ['rules'],
  additionalProperties: false,
  properties: {
    rules: {
      type: 'array',
      items: {
        type: 'object',
        required: ['unit', 'verdict', 'reason'],
        additionalProperties: false,
        properties: {
          unit: { type: 'string', minLength: 1 },
          from: { type: 'string' },
          to: { type: 'string' },
          verdict: { enum: VERDICTS },
          actions: { type: 'array', items: { enum: ACTIONS } },
          reason: { type: 'string', minLength: 1 },
        },
      },
    },
  },
}

/** characters of what the parser says, which quotes the file */
const MOST_MESSAGE = 300

const require = createRequire(import.meta.url)
let compiled: ValidateFunction | undefined

/** Loaded when the first rules file is read: most runtimes have none. */
const yaml = () => require('yaml') as typeof import('yaml')

function validator(): ValidateFunction {
  if (!compiled) {
    const { Ajv } = require('ajv') as typeof import('ajv')
    compiled = new Ajv({ allErrors: false }).compile(SCHEMA)
  }
  return compiled
}

/**
 * The rules of a file, `rules: [...]` in YAML or JSON.
 * @throws TickswapError RULES_INVALID with file, line and column
 */
export function readRulesFile(text: string, file: string): KnownRule[] {
  const lines = new (yaml().LineCounter)()
  const document = yaml().parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const [error] = document.errors
  if (error)
    throw new TickswapError(
      'TICKSWAP_E_RULES_INVALID',
      error.message.slice(0, MOST_MESSAGE),
      at(error.pos[0]),
    )
  const placeOf = (path: readonly string[]) => at(offsetOf(document, path))
  const value = contentsOf(document, placeOf([]))
  const validate = validator()
  if (!validate(value)) throw wrongForm(validate.errors![0]!, placeOf)
  return (value as { rules: Rule[] }).rules.map((rule, index) => {
    const source = placeOf(['rules', String(index)])
    for (const key of ['from', 'to'] as const) requireRange(rule, key, index, placeOf)
    try {
      return readRule(rule, `${file}:${source.line}:${source.column}`)
    } catch (cause) {
      if (!(cause instanceof TickswapError)) throw cause
      throw new TickswapError('TICKSWAP_E_RULES_INVALID', cause.finding.message, source)
    }
  })
}

type PlaceOf = (path: readonly string[]) => Place

/** In words: `rule 2: verdict is one of identical, compatible, ...`. */
function wrongForm({ instancePath, message, params }: ErrorObject, placeOf: PlaceOf): TickswapError {
  const path = instancePath.split('/').slice(1)
  const { additionalProperty, allowedValues, missingProperty } = params as Record<
    string,
    string | undefined
  > & {
    allowedValues?: string[]
  }
  const [, index, ...keys] = path
  const top = path.length === 0 ? 'the file' : '`rules`'
  const where = index === undefined ? top : [`rule ${Number(index) + 1}`, ...keys].join(', ')
  const what = additionalProperty
    ? `there is no \`${additionalProperty}\``
    : missingProperty
      ? `\`${missingProperty}\` is missing`
      : allowedValues
        ? `it is one of ${allowedValues.join(', ')}`
        : path.length === 0
          ? 'it holds `rules:` and a list'
          : `it ${message}`
  const place = placeOf(additionalProperty ? [...path, additionalProperty] : path)
  return new TickswapError('TICKSWAP_E_RULES_INVALID', `${where}: ${what}`, place)
}

/** A range that is none is placed where it stands. */
function requireRange(rule: Rule, key: 'from' | 'to', index: number, placeOf: PlaceOf): void {
  const range = rule[key]
  if (range === undefined || Constraint.isValid(range)) return
  try {
    Constraint.parse(range)
  } catch (cause) {
    const why = cause instanceof TickswapError ? cause.finding.message : String(cause)
    const place = placeOf(['rules', String(index), key])
    throw new TickswapError('TICKSWAP_E_RULES_INVALID', `rule ${index + 1}, ${key}: ${why}`, place, { cause })
  }
}

/** @throws TickswapError RULES_INVALID for an alias without an anchor, and for too many of them */
function contentsOf(document: Document, place: Place): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new TickswapError('TICKSWAP_E_RULES_INVALID', message, place, { cause })
  }
}

/** Where the value at a path begins; for one that is missing, what should hold it. */
function offsetOf(document: Document, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length).map(asKey), true)
    if (yaml().isNode(node) && node.range) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

const asKey = (part: string): string | number => (/^\d+$/.test(part) ? Number(part) : part)
