const GONE = '[redacted]'

/*
 * Shapes of keys and tokens. Each begins with a literal, and nothing after it can fail later than a bounded number
 * of characters or beyond the next blank, so that a scan stays linear in the length of the text.
 */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // OpenAI, Anthropic, OpenRouter, DeepSeek and the many that copied the form.
  [/(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}/g, GONE],
  // Google.
  [/AIza[A-Za-z0-9_-]{30,}/g, GONE],
  [/(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}/g, GONE],
  // Groq, xAI, Perplexity, Hugging Face, Replicate, NVIDIA, Tavily.
  [/(?<![A-Za-z0-9])(?:gsk_|xai-|pplx-|hf_|r8_|nvapi-|tvly-)[A-Za-z0-9_-]{16,}/g, GONE],
  // AWS.
  [/(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g, GONE],
  // GitHub, GitLab, Slack, npm.
  [/(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{30,}/g, GONE],
  [/(?<![A-Za-z0-9])(?:github_pat_|glpat-|npm_)[A-Za-z0-9_-]{20,}/g, GONE],
  [/(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,}/g, GONE],
  // JSON web tokens. The guard before keeps one long run of such letters from being scanned from each of its places.
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, GONE],
  // Private keys, to the end mark or, where it was cut off, to the end.
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, GONE],
  // Headers, and what a request log prints of them.
  [/\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:[A-Za-z]{1,20} {1,4})?)[^\s"',;]{6,}/gi, `$1${GONE}`],
  [/\b(bearer\s{1,4})[A-Za-z0-9._~+/=-]{8,}/gi, `$1${GONE}`],
  [
    /((?:api[_-]?key|apikey|access[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|secret[_-]?key|client[_-]?secret|password|passwd)["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"'`,;&(){}[\]]{8,}/gi,
    `$1${GONE}`,
  ],
  // A password or key within an address.
  [/(:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,500}@/g, `$1${GONE}@`],
  [/([?&](?:key|token|sig|signature)=)[^\s"'&]{8,}/gi, `$1${GONE}`],
]

/** How the shapes begin: one quick look tells most texts to be free of all of them. */
const HINT =
  /sk-|AIza|ya29|gsk_|xai-|pplx-|hf_|r8_|nvapi-|tvly-|AKIA|ASIA|gh[pousr]_|github_pat|glpat|npm_|xox|eyJ|-----B|:\/\/|[?&](?:key|tok|sig)|authori|bearer|api[_-]?key|(?:access|auth|refresh|secret)[_-]?(?:key|tok)|client[_-]?sec|passw/i

/** Keys of objects whose text is a secret whatever it looks like. */
const SECRET_KEY =
  /^(?:(?:proxy-)?authorization|x-api-key|x-goog-api-key|api[_-]?key|apikey|access[_-]?token|auth[_-]?token|client[_-]?secret|secret[_-]?key|password|cookie|set-cookie)$/i

/** What stands in place of a removed secret. */
export const REDACTED = GONE

/** Values shorter than this are no secrets (a local server's dummy key, say) and would tear words apart. */
const SHORTEST_SECRET = 8

export interface Redactor {
  /** The text without its secrets. */
  text(text: string): string
  /** A JSON value without secrets in any of its texts, keys included; the same value where it had none. */
  value<T>(value: T): T
}

/**
 * Removes secrets: the given values (of the variables that hold keys), and whatever has the shape of one. Time is
 * linear in the length of the text. An empty list of values still removes the shapes.
 */
export function createRedactor(secrets: readonly string[] = []): Redactor {
  // Longest first, so that a key which begins with another leaves no rest behind.
  const literals = [...new Set(secrets.filter((secret) => secret.length >= SHORTEST_SECRET))].sort(
    (a, b) => b.length - a.length,
  )
  // As it stands, within JSON, and within an address.
  const forms = literals.flatMap((secret) => [
    ...new Set([
      secret,
      JSON.stringify(secret).slice(1, -1),
      // A lone surrogate has no form in an address.
      encodeURIComponent(secret.replaceAll(/\p{Surrogate}/gu, '')),
    ]),
  ])

  const text = (input: string): string => {
    if (input.length < SHORTEST_SECRET) return input
    let result = input
    for (const form of forms) {
      if (result.includes(form)) result = result.replaceAll(form, GONE)
    }
    if (!HINT.test(result)) return result
    for (const [shape, replacement] of SHAPES) result = result.replace(shape, replacement)
    return result
  }

  const value = (input: unknown, depth: number): unknown => {
    if (typeof input === 'string') return text(input)
    if (typeof input !== 'object' || input === null) return input
    if (depth > 200) throw new RangeError('redact: the value is nested more than 200 deep')
    if (Array.isArray(input)) {
      let copy: unknown[] | undefined
      for (let i = 0; i < input.length; i++) {
        const clean = value(input[i], depth + 1)
        if (clean !== input[i]) {
          copy ??= [...input]
          copy[i] = clean
        }
      }
      return copy ?? input
    }
    let changed = false
    const entries: [string, unknown][] = []
    for (const [key, item] of Object.entries(input)) {
      const cleanKey = text(key)
      const clean =
        typeof item === 'string' && item !== '' && SECRET_KEY.test(key) ? GONE : value(item, depth + 1)
      if (clean !== item || cleanKey !== key) changed = true
      entries.push([cleanKey, clean])
    }
    return changed ? Object.fromEntries(entries) : input
  }

  return { text, value: <T>(input: T): T => value(input, 0) as T }
}
