/** A state column: a typed array of fixed length that the runtime lays out in an arena. */

const TYPES = {
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
} as const

export type ColumnType = keyof typeof TYPES
export type ArrayOf<T extends ColumnType> = InstanceType<(typeof TYPES)[T]>
export type ColumnArray = ArrayOf<ColumnType>

/** `shared`: one memory that all participants see. `participant`: each has its own. */
export type ColumnScope = 'shared' | 'participant'

export interface ColumnOptions {
  scope?: ColumnScope
  /** Allow NaN and Infinity in a float column; otherwise one is a reason to roll back. */
  nonFinite?: boolean
}

/** Declares `length` elements of `type`. Made by f32, u8 and their siblings. */
export interface Column<T extends ColumnType = ColumnType> {
  readonly type: T
  /** elements, not bytes; 1 to 2^28 */
  readonly length: number
  readonly scope: ColumnScope
  readonly nonFinite: boolean
}

export type Columns = Record<string, Column>

/** The constructor of a column type's arrays. */
export const arrayType = (type: ColumnType) => TYPES[type]
export const isColumnType = (type: unknown): type is ColumnType =>
  typeof type === 'string' && Object.hasOwn(TYPES, type)

const declare =
  <T extends ColumnType>(type: T) =>
  (length: number, options: ColumnOptions = {}): Column<T> => ({
    type,
    length,
    scope: options.scope ?? 'shared',
    nonFinite: options.nonFinite ?? false,
  })

export const f32 = declare('f32')
export const f64 = declare('f64')
export const i8 = declare('i8')
export const i16 = declare('i16')
export const i32 = declare('i32')
export const u8 = declare('u8')
export const u16 = declare('u16')
export const u32 = declare('u32')
