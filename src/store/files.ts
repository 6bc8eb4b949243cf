import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { hashHex } from '../native/addon.ts'

/**
 * Makes a folder and those above it that are missing. Not Node's `recursive`: where a folder is there and takes
 * no other, as in /proc, that tries for ever.
 */
export function makeFolders(path: string, mode?: number): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolders(dirname(path), mode)
  try {
    mkdirSync(path, mode)
  } catch (error) {
    // Somebody else made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Replaces a file by one with these contents: after a crash there is the old one or the new one, whole. */
export function replaceFile(file: string, value: object): void {
  const json = JSON.stringify(value)
  const next = `${file}.next`
  const handle = openSync(next, 'w')
  try {
    writeSync(handle, `${JSON.stringify({ value, check: hashHex(Buffer.from(json)) }, undefined, 2)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(next, file)
  syncFolder(dirname(file))
}

/** @returns undefined for a file that is not there, or not as it was written */
export function readChecked<T>(file: string): T | undefined {
  try {
    const { value, check } = JSON.parse(readFileSync(file, 'utf8')) as { value: T; check: string }
    return hashHex(Buffer.from(JSON.stringify(value))) === check ? value : undefined
  } catch {
    return undefined
  }
}

/** A name that was given to a file lasts when its folder is synced. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
