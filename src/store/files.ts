import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { hashHex } from '../native/addon.ts'

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
