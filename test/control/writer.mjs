// A thread that changes files the way the test tells it, step after step, while the watcher's own thread is free.
import fs from 'node:fs'
import { parentPort } from 'node:worker_threads'

const cell = new Int32Array(new SharedArrayBuffer(4))
const now = () => performance.timeOrigin + performance.now()

parentPort.on('message', (steps) => {
  let started = now()
  for (const [what, ...args] of steps) {
    if (what === 'wait') Atomics.wait(cell, 0, 0, args[0])
    else if (what === 'mark') started = now()
    else fs[what](...args)
  }
  parentPort.postMessage({ started, ended: now() })
})
