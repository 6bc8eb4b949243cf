/**
 * Checks the files in deploy/ as far as that goes without building an image or having a cluster:
 * prints what is wrong, one line each, and exits with 1. Needs promtool; its path is the argument.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { validate } from 'dockerfile-utils'
import { parse, parseAllDocuments } from 'yaml'
import { createRuntime } from '../dist/index.js'

const [promtool] = process.argv.slice(2)
const deploy = (name) => fileURLToPath(new URL(`../deploy/${name}`, import.meta.url))
const read = (name) => readFileSync(deploy(name), 'utf8')
const problems = []
const expect = (isSo, what) => isSo || problems.push(what)

/** A running engine, to hold the files against: its metrics and its OpenAPI document. */
async function engine() {
  const folder = mkdtempSync(join(tmpdir(), 'tickswap-deploy-'))
  const unit = "import { defineUnit } from 'tickswap/module'\nexport const unit = defineUnit({ version: '1.0.0' })\n"
  writeFileSync(join(folder, 'clock.ts'), unit)
  const runtime = await createRuntime({ units: folder, admin: { port: 0, token: 'a-token-for-this-check' } })
  try {
    const text = async (path) => (await fetch(runtime.address + path)).text()
    return { metrics: await text('metrics'), document: JSON.parse(await text('openapi.json')) }
  } finally {
    await runtime.close()
    rmSync(folder, { recursive: true })
  }
}

function run(command, args, input) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8' })
  expect(status === 0, `${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`.trim()}`)
}

/** Names of metrics in a query of Prometheus, the suffixes of histograms taken off. */
const metricsIn = (query) => (query.match(/tickswap_\w+/g) ?? []).map((name) => name.replace(/_(?:bucket|sum|count)$/, ''))

function checkQueries(queries, metrics) {
  const known = new Set([...metrics.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  expect(queries.length > 0, 'there are no queries')
  for (const query of queries)
    for (const name of metricsIn(query)) expect(known.has(name), `${query}: there is no metric ${name}`)
}

function checkManifests({ paths }) {
  const documents = parseAllDocuments(read('kubernetes/engine.yaml'))
  for (const { errors } of documents) for (const error of errors) problems.push(`engine.yaml: ${error.message}`)
  const [set, service] = documents.map((document) => document.toJS())
  const { spec, metadata } = set.spec.template
  const [container] = spec.containers
  for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    const { path, port } = container[kind].httpGet
    expect(path in paths, `engine.yaml: ${kind} asks for ${path}, which the engine does not have`)
    expect(container.ports.some(({ name }) => name === port), `engine.yaml: ${kind} names no port of the container`)
  }
  expect(spec.securityContext.runAsNonRoot === true, 'engine.yaml: the engine runs as root')
  expect(service.spec.ports[0].targetPort === container.ports[0].name, 'engine.yaml: the service goes to no port')
  const matches = Object.entries(service.spec.selector).every(([key, value]) => metadata.labels[key] === value)
  expect(matches, 'engine.yaml: the service selects nothing')
  expect(container.volumeMounts.every(({ name }) => set.spec.volumeClaimTemplates.some((claim) => claim.metadata.name === name)), 'engine.yaml: a mount has no volume')
}

function checkCompose() {
  const { services, volumes } = parse(read('compose.yaml'))
  for (const [name, { volumes: mounts = [], depends_on: needs = [] }] of Object.entries(services)) {
    for (const need of needs) expect(need in services, `compose.yaml: ${name} needs ${need}, which there is not`)
    for (const mount of mounts) {
      const [source] = mount.split(':')
      expect(source.startsWith('.') || source in volumes, `compose.yaml: ${name} mounts ${source}, which there is not`)
    }
  }
}

const { metrics, document } = await engine()
run(promtool, ['check', 'config', deploy('prometheus/prometheus.yml')])
run(promtool, ['check', 'metrics'], metrics)
const { groups } = parse(read('prometheus/alerts.yml'))
const { panels } = JSON.parse(read('grafana/tickswap.json'))
checkQueries(groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)), metrics)
checkQueries(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), metrics)
checkManifests(document)
checkCompose()
for (const { message, range } of validate(read('Dockerfile'))) problems.push(`Dockerfile:${range.start.line + 1}: ${message}`)
for (const file of read('Dockerfile').match(/^COPY (?!--from)(.+) \S+$/gm) ?? [])
  for (const source of file.split(' ').slice(1, -1)) execFileSync('ls', [fileURLToPath(new URL(`../${source}`, import.meta.url))])
if (spawnSync('systemd-analyze', ['--version']).status === 0) run('systemd-analyze', ['verify', deploy('systemd/tickswap-engine.service')])
else console.log('SKIPPED: there is no systemd-analyze here, so the systemd unit is not checked')
for (const problem of problems) console.log(problem)
console.log(`deploy/: ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
