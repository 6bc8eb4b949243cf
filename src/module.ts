/** What a hot module imports: `import { defineUnit, f32 } from 'tickswap/module'`. */

/** Brings in the type of `import.meta.hot`. */
export type { HotContext, HotEvents, HotNamespace, HotUpdate } from './units/code/import-meta.ts'
export {
  type Column,
  type ColumnArray,
  type Columns,
  f32,
  f64,
  i8,
  i16,
  i32,
  u8,
  u16,
  u32,
} from './units/column.ts'
export {
  defineUnit,
  type Migration,
  type OldState,
  type SetupContext,
  type State,
  type Unit,
  type UnitDefinition,
} from './units/unit.ts'
