import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { start } from '../cli/command.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const FOLDER = process.env.TICKSWAP_SCREENSHOTS
const MOST_BYTES = 300_000
const PICTURES = [
  { name: 'page-dark', colorScheme: 'dark', width: 1100, height: 1250 },
  { name: 'page-light', colorScheme: 'light', width: 1100, height: 1250 },
  { name: 'page-phone', colorScheme: 'dark', width: 390, height: 1200 },
] as const

/** Only on demand: `make screenshots`. What it shows is the demo as anybody can start it. */
test.skipIf(!CHROMIUM || !FOLDER)(
  'the page shows the city, and can be shown',
  async () => {
    const city = start(['demo', '--open', '--plain', '--admin', '0'])
    await expect.poll(() => city.stderr, { timeout: 60_000 }).toMatch(/http:\S+/)
    const address = city.stderr.match(/http:\S+/)![0]
    const browser = await chromium.launch({
      executablePath: CHROMIUM!,
      args: ['--no-sandbox', '--disable-gpu'],
    })
    try {
      mkdirSync(resolve(FOLDER!), { recursive: true })
      for (const { name, width, height, colorScheme } of PICTURES) {
        const page = await browser.newPage({ viewport: { width, height }, colorScheme })
        await page.goto(address)
        await page.locator('#picture-section:not([hidden])').waitFor({ timeout: 60_000 })
        await page.locator('li[data-swap]').nth(5).waitFor({ timeout: 120_000 })
        const isFull = 'document.querySelectorAll("#participants canvas[aria-label]").length > 0'
        await page.waitForFunction(isFull, undefined, { timeout: 60_000 })
        const path = join(resolve(FOLDER!), `${name}.png`)
        await page.screenshot({ path })
        expect(statSync(path).size).toBeLessThan(MOST_BYTES)
        await page.close()
      }
    } finally {
      await browser.close()
    }
  },
  300_000,
)
