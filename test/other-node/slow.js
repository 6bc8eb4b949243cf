/**
 * The tests that do not run where Node is emulated, where everything takes ten to twenty times as long, each with
 * its reason. All others do. None of these reaches code of the native core that the others do not.
 */
export const SLOW = {
  'test/admin/**': 'serves engines over HTTP, and waits for them by the clock; drives a browser',
  'test/cli/**':
    'starts a process for each command, 3 to 10 s each, and engines that wait for each other by the clock',
  'test/compatibility/{runtime,surface.property}.test.ts':
    'a runtime of its own for each verdict, 7 s each, and hundreds of generated programs to parse',
  'test/control/**': 'judges the time from a write to its report',
  'test/examples/**': 'simulates days of a city against the clock, and plays demos in processes of their own',
  'test/loader/{child,incremental}.test.ts':
    'thousands of reloads in processes of their own, and of random edits to parse',
  'test/loader-debug/**': 'drives a debugger of V8 in processes of their own',
  'test/memory/**': 'thousands of reloads, of which the heap of V8 is judged',
  'test/resolve/runtime.test.ts': 'a runtime of its own for each of 19 graphs, 7 s each',
  'test/simulation/**': 'minutes of schedules of the protocol, simulated in one thread',
  'test/state/{backups,earlier-backups,earlier-versions,groups,large,migrations,sliced,sliced-back,stored-chains}.test.ts':
    'scans 12 MB at every tick, by emulated floating point; a runtime of its own for each way to migrate or go back',
  'test/store/**': 'kills processes in the middle of writes, and flushes thousands of files',
  'test/swap/**': 'a runtime and some threads of its own for each case, 7 to 30 s each, against the clock',
}
