/** The lowest contrast of text to its background, by WCAG 2.1; it runs in the page. */
export function lowestContrast() {
  const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const light = (colour) =>
    colour.slice(0, 3).reduce((sum, part, i) => {
      const share = part / 255
      const linear = share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      return sum + linear * [0.2126, 0.7152, 0.0722][i]
    }, 0)
  const behind = (element) => {
    if (!element) return [255, 255, 255]
    const colour = parse(getComputedStyle(element).backgroundColor)
    return colour[3] === 0 ? behind(element.parentElement) : colour
  }
  let lowest = 21
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    if (!own || !element.offsetParent) continue
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))]
    lowest = Math.min(lowest, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05))
  }
  return lowest
}
