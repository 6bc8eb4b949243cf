import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createRuntime } from '../../dist/index.js'
import { lowestContrast } from './contrast.js'
import { clock, type Served, serve, TOKEN } from './engine.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (!CHROMIUM)
  console.warn('SKIPPED: there is no chromium here, so the page is not tested; `make test-page` installs it')

describe.skipIf(!CHROMIUM)('the page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--disable-gpu'] })
  }, 30_000)
  afterAll(() => browser?.close())

  /** Opens the page; what goes wrong in its scripts fails the test. */
  async function open(
    { base }: Served,
    options: { token?: string; width?: number; scheme?: 'dark' | 'light'; lost?: string } = {},
  ) {
    const { token = TOKEN, width = 1200, scheme = 'dark' } = options
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme })
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    onTestFinished(async () => {
      await page.close()
      expect(errors).toEqual([])
    })
    if (options.lost) await page.route(`**${options.lost}`, (route) => route.abort())
    await page.goto(`${base}/#token=${token}`)
    await page.getByText('healthy').waitFor()
    return page
  }

  const versionOn = (page: Page) => page.locator('tr[data-unit=clock] .version')

  test('an edit appears in under a second', async () => {
    const engine = await serve()
    const page = await open(engine)
    await expect.poll(() => versionOn(page).textContent()).toContain('1.0.0')
    // When the page shows it, by the page's own clock: this process may be late to look.
    await page.evaluate(`
      void (window.shown = new Promise((resolve) => {
        const look = () => document.querySelector('tr[data-unit=clock] .version')?.textContent.includes('1.1.0')
        new MutationObserver(() => look() && resolve(Date.now()))
          .observe(document.body, { subtree: true, childList: true })
      }))`)
    const live = new Promise<number>((resolve) => engine.runtime.on('swap', ({ liveAt }) => resolve(liveAt!)))
    engine.save(clock('1.1.0', 2))
    const from = await live
    expect((await page.evaluate<number>('window.shown')) - from).toBeLessThan(1000)
    await page.locator('li[data-swap] .permanent').waitFor()
    expect(page.url()).not.toContain(TOKEN)
  })

  test('a click goes back, by mouse and by keyboard', async () => {
    const engine = await serve()
    const page = await open(engine)
    for (const n of [0, 1]) {
      engine.save(clock(`1.${n + 1}.0`, n + 2))
      await engine.until(
        async () => ((await versionOn(page).textContent()) ?? '').includes(`1.${n + 1}.0`),
        'the edit',
      )
      await page.locator(`li[data-swap] .permanent >> nth=0`).waitFor()
      const history = page.getByRole('button', { name: 'History of clock' })
      const back = page.getByRole('button', { name: 'Roll clock back to 1.0.0' }).first()
      if (n === 0) {
        await history.click()
        await back.click()
      } else {
        await history.focus()
        await page.keyboard.press('Enter')
        await back.focus()
        await page.keyboard.press('Enter')
      }
      await engine.until(() => engine.runtime.use('clock').version === '1.0.0', 'the engine to go back')
      await engine.until(
        async () => ((await versionOn(page).textContent()) ?? '').includes('1.0.0'),
        'the page to show it',
      )
    }
  }, 30_000)

  test('a wrong token is refused, with a word, and nothing changes', async () => {
    const engine = await serve()
    const page = await open(engine, { token: 'something-that-is-wrong' })
    engine.save(clock('1.1.0', 2))
    await page.locator('li[data-swap] .permanent').waitFor()
    await page.getByRole('button', { name: 'History of clock' }).click()
    await page.getByRole('button', { name: 'Roll clock back to 1.0.0' }).first().click()
    await page.getByRole('alert').getByText('the token is wrong').waitFor()
    expect(engine.runtime.use('clock').version).toBe('1.1.0')
  })

  test('a rollback by the runtime is told, with its cause and what to do', async () => {
    const engine = await serve()
    const page = await open(engine)
    engine.save(clock('1.1.0', 1, "throw new Error('the lights are out')"))
    const item = page.locator('li[data-swap]', { hasText: 'rolled-back' })
    await item.waitFor()
    await item.getByRole('button').click()
    const details = page.getByRole('dialog')
    await details.getByText('TICKSWAP_E_PROBATION_EXCEPTION').waitFor()
    await details.getByText('the lights are out').first().waitFor()
    expect(await details.textContent()).toContain('clock.ts')
    const frame = await details.locator('pre.frame').first().textContent()
    expect(frame).toMatch(/^> 4 \| export function step/m)
    await details.getByRole('button', { name: 'Close' }).click()
    await page.locator('#alerts li', { hasText: 'rolled back' }).waitFor()
    await page.locator('tr[data-unit=clock] .quarantined').waitFor()
  })

  test('text of a unit is never read as HTML', async () => {
    const engine = await serve()
    const page = await open(engine)
    engine.save(clock('1.1.0', 1, `throw new Error('<img src=x onerror="document.title=1">')`))
    await page.locator('li[data-swap]', { hasText: 'rolled-back' }).getByRole('button').click()
    await page.getByRole('dialog').getByText('onerror').first().waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).toBe('tickswap')
  })

  test('a lost connection heals, and what was missed is there', async () => {
    const engine = await serve()
    const page = await open(engine)
    const port = Number(new URL(engine.base).port)
    await engine.runtime.close()
    await page.getByText('connection lost').waitFor()
    const runtime = await createRuntime({ units: engine.folder, admin: { port, token: TOKEN } })
    const timer = setInterval(() => runtime.tick(), 4)
    onTestFinished(async () => {
      clearInterval(timer)
      await runtime.close()
    })
    await page.getByText('healthy').waitFor({ timeout: 10_000 })
  }, 30_000)

  test.each(['participants', 'picture', 'units', 'swaps'])(
    'what is lost of %s is told, and not thrown',
    async (lost) => {
      const page = await open(await serve(), { lost: `/api/${lost}` })
      await page.locator('#participants li').waitFor()
      if (lost !== 'picture') await page.locator('#notice', { hasText: 'does not answer' }).waitFor()
    },
  )

  test('a candidate waits for a click, and what failed is lifted by one', async () => {
    const engine = await serve({ strategy: 'manual' })
    const page = await open(engine)
    engine.save(clock('1.1.0', 2))
    await page.locator('tr[data-unit=clock] .candidate').waitFor()
    await page.locator('#progress', { hasText: 'confirm' }).waitFor()
    expect(engine.runtime.use('clock').version).toBe('1.0.0')
    const confirm = page.getByRole('button', { name: 'Confirm the candidate of clock' })
    await confirm.click()
    await page.locator('tr[data-unit=clock] .running').waitFor()
    await page.locator('#news', { hasText: 'permanent' }).waitFor({ state: 'attached' })
    expect(await versionOn(page).textContent()).toContain('1.1.0')
    engine.save(clock('1.2.0', 1, "throw new Error('the lights are out')"))
    await confirm.click()
    await page.getByRole('button', { name: 'Lift the quarantine of clock' }).click()
    await page.locator('tr[data-unit=clock] .running').waitFor()
    expect(await engine.runtime.quarantine.list()).toEqual([])
  }, 60_000)

  test('two versions are compared, line by line', async () => {
    const engine = await serve()
    const page = await open(engine)
    engine.save(clock('1.1.0', 2))
    await page.locator('li[data-swap] .permanent').waitFor()
    await page.getByRole('button', { name: 'History of clock' }).click()
    await page.getByRole('button', { name: /Show what differs/ }).click()
    const diff = page.locator('pre.diff')
    await diff.locator('ins').first().waitFor()
    const lines = async (tag: string) =>
      (await diff.locator(tag).allTextContents()).map((line) => line.trim())
    expect(await lines('del')).toEqual([expect.stringContaining('1.0.0'), expect.stringContaining('+= 1;')])
    expect(await lines('ins')).toEqual([expect.stringContaining('1.1.0'), expect.stringContaining('+= 2;')])
  }, 60_000)

  test('the focus stays where it is when what has it is drawn anew, and comes back from a dialog', async () => {
    const engine = await serve()
    const page = await open(engine)
    const history = page.getByRole('button', { name: 'History of clock' })
    await history.focus()
    const focused = () => page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? ''")
    engine.save(clock('1.1.0', 2))
    await page.locator('tr[data-unit=clock] .version', { hasText: '1.1.0' }).waitFor()
    await page.locator('li[data-swap] .permanent').waitFor()
    expect(await focused()).toBe('History of clock')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    expect(await page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true)
    engine.save(clock('1.2.0', 2))
    await page.locator('tr[data-unit=clock] .version', { hasText: '1.2.0' }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(focused).toBe('History of clock')
  }, 60_000)

  test('where reading takes the token, the page works with it and asks for it without', async () => {
    const engine = await serve({ admin: { port: 0, host: '0.0.0.0', token: TOKEN } })
    const base = `http://127.0.0.1:${new URL(engine.base).port}`
    const page = await open({ ...engine, base }, { token: 'something-that-is-wrong' })
    await page.getByRole('alert').getByText('enter it above').waitFor()
    expect(await page.locator('tr[data-unit]').count()).toBe(0)
    await page.getByLabel('Token').fill(TOKEN)
    await page.getByRole('button', { name: 'Use' }).click()
    await page.locator('tr[data-unit=clock]').waitFor()
    engine.save(clock('1.1.0', 2))
    await page.locator('tr[data-unit=clock] .version', { hasText: '1.1.0' }).waitFor()
    await page.locator('#participants .versions', { hasText: 'clock 1.1.0' }).waitFor()
  }, 60_000)

  test('on a phone nothing sticks out, in dark and light; controls have names; text has contrast', async () => {
    const engine = await serve()
    for (const scheme of ['dark', 'light'] as const) {
      const page = await open(engine, { width: 360, scheme })
      await page.locator('tr[data-unit=clock]').waitFor()
      const width = await page.evaluate<number>('document.documentElement.scrollWidth')
      expect(width).toBeLessThanOrEqual(360)
      for (const button of await page.getByRole('button').all())
        expect((await button.getAttribute('aria-label')) ?? (await button.textContent())).not.toBe('')
      expect(await page.evaluate(lowestContrast)).toBeGreaterThanOrEqual(4.5)
    }
  }, 30_000)
})
