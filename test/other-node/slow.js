/**
 * The tests that do not run where Node is emulated, where everything takes ten to twenty times as long, each with
 * its reason. All others do. None of these reaches code of the native core that the others do not.
 */
export const SLOW = {
  'test/memory/**': 'thousands of reloads, of which the heap of V8 is judged',
  'test/examples/**': 'simulates days of a city against the clock, and plays demos in processes of their own',
  'test/cli/check.test.ts': 'starts a process for each edit it previews, 3 to 10 s each',
  'test/cli/live.test.ts': 'starts engines and commands that wait for each other by the clock',
  'test/admin/page.test.ts': 'drives a browser against the clock',
  'test/control/watcher.test.ts': 'judges the time from a write to its report',
  'test/swap/bad-input.test.ts':
    'a runtime of its own for each of 29 refusals, 7 s each; the road runs the same code',
  'test/state/large.test.ts': 'scans 12 MB at every tick, by emulated floating point',
  'test/loader/child.test.ts': 'thousands of reloads in processes of their own',
  'test/loader-debug/**': 'drives a debugger of V8 in processes of their own',
}
