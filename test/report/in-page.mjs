// Runs in the browser, by the function's text: nothing outside of a function exists there.

/** Every element that shows text of its own, with the contrast of the text to what is behind it (WCAG 2.1). */
export function textsInPage() {
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const backgroundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor)
      if (found.length === 3 || (found[3] ?? 0) === 1) return found.slice(0, 3)
    }
    return [255, 255, 255]
  }
  const found = []
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
    const style = getComputedStyle(element)
    if (!own || element.tagName === 'SCRIPT' || element.getClientRects().length === 0) continue
    const colour = channels(element.closest('svg') ? style.fill : style.color)
    const background = backgroundOf(element)
    const [a, b] = [luminance(colour), luminance(background)].sort((x, y) => y - x)
    found.push({ text: element.textContent.slice(0, 40), contrast: (a + 0.05) / (b + 0.05), background })
  }
  return found
}

/** Every picture that shows: its alternative text, where its texts reach, and which of them lie on each other. */
export function picturesInPage() {
  return [...document.querySelectorAll('svg')]
    .filter((svg) => svg.getClientRects().length > 0)
    .map((svg) => {
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
      const boxes = [...svg.querySelectorAll('text')]
        .filter((text) => text.textContent !== '')
        .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      const clashes = []
      boxes.forEach((a, i) => {
        for (const b of boxes.slice(i + 1)) {
          const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
          const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
          // The boxes of lines hold some room above and below the letters.
          if (across > 1 && down > 4) clashes.push(`${a.text} | ${b.text}`)
        }
      })
      return {
        label: svg.getAttribute('aria-label') ?? '',
        left: Math.min(...boxes.map(({ box }) => box.left)),
        right: Math.max(...boxes.map(({ box }) => box.right)),
        smallest: 12 * scale,
        clashes,
      }
    })
}
