/** The lowest contrast of text to its background, by WCAG 2.1; it runs in the page. */
export function lowestContrast(): number
