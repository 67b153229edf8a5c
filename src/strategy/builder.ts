import type { PortType } from '../graph/node.js'
import type { SettingSpec } from './settings.js'
import type { BuilderTable, ParamSignature, Signature } from './signatures.js'

/** What an error of the builder carries beside its message. `given` and `valid` let the host name the nearest. */
export interface BuilderErrorDetails {
  readonly hint?: string
  readonly given?: string
  readonly valid?: readonly string[]
}

/** Every code that the builder refuses with: what a program throws under another one is an error of its own. */
export const BUILDER_CODES = [
  'INVALID_PARAMETER',
  'INVALID_SETTING',
  'LIMIT_EXCEEDED',
  'UNKNOWN_FACTOR',
  'UNKNOWN_METHOD',
  'UNKNOWN_SETTING',
  'WRONG_INPUTS',
  'WRONG_TYPE',
] as const

export type BuilderCode = (typeof BUILDER_CODES)[number]

/** Throws; the host throws its own error type, the sandbox one that it can carry across. */
export type Fail = (code: BuilderCode, message: string, details?: BuilderErrorDetails) => never

/** A node in the JSON form. */
export interface NodeJson {
  id: string
  op: string
  inputs: string[]
  params: Record<string, number | string>
  output?: string
  mask?: string
}

/** A strategy in the JSON form, unchecked; the name is missing where the author gave none. */
export interface StrategyJson {
  version: 1
  name?: string
  nodes: NodeJson[]
  universe?: string
  rule: Record<string, unknown>
  portfolio: Record<string, unknown>
}

export interface Builder {
  /** Every operator as a function, by the name that authors call. */
  readonly api: Readonly<Record<string, (...args: unknown[]) => object>>
  strategy(options: unknown): StrategyJson
  /** Whether `strategy` of this builder returned it. */
  isStrategy(value: unknown): value is StrategyJson
  /** Everything that `strategy` returned so far, oldest first. */
  readonly made: readonly StrategyJson[]
  /** A bare expression (or number) as nodes and the id of its root. */
  expression(value: unknown): { nodes: NodeJson[]; root: string }
  isExpression(value: unknown): boolean
}

/**
 * Makes the API that strategies are written against. It records nodes and returns the JSON form, nothing else.
 *
 * The function is self-contained: it reads nothing but its arguments and the language, because its own source text is
 * also the prelude of the sandbox, where no module of ours exists.
 */
export function createBuilder(table: BuilderTable, fail: Fail): Builder {
  interface Recorded {
    readonly signature: Signature
    readonly inputs: readonly object[]
    readonly params: Record<string, number | string>
    readonly output: string | undefined
    readonly type: PortType
    /** undefined: the universe of the strategy; null: every symbol. */
    readonly mask: object | null | undefined
    /** A cross-section stands in it or below it, so that the universe makes a difference. */
    readonly crossSection: boolean
  }

  const recorded = new WeakMap<object, Recorded>()
  const strategies = new WeakSet<object>()
  const made: StrategyJson[] = []
  const operators = new Map<string, Signature>()
  for (const signature of table.operators) operators.set(signature.name, signature)
  let created = 0

  const isPlainObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !recorded.has(value)
  const own = (object: object, key: string) => Object.hasOwn(object, key)
  // Not by its name: the realm refuses whoever says `Function`.
  const textOf = Object.getPrototypeOf(() => {}).toString as () => string
  const an = (noun: string) => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`)

  function describe(value: unknown): string {
    if (typeof value === 'object' && value !== null) {
      const node = recorded.get(value)
      if (node !== undefined) return `${an(node.type)} (${node.signature.call})`
      if (strategies.has(value)) return 'a strategy'
      return Array.isArray(value) ? 'an array' : 'an object'
    }
    if (typeof value === 'string') {
      const short = value.length > 40 ? `${value.slice(0, 40)}…` : value
      return `the text '${short}'`
    }
    if (typeof value === 'function') return 'a function'
    return String(value)
  }

  // ---- expressions -------------------------------------------------------------------------------------------

  // Last in every expression's prototype chain: whatever is found nowhere else ends here.
  const guard = new Proxy(Object.create(null) as object, {
    get(_target, key, receiver: object) {
      // Asked for by the language itself and by printers; their absence is an answer.
      if (typeof key === 'symbol' || key === 'then' || key === 'toJSON' || key === 'constructor')
        return undefined
      const node = recorded.get(receiver)
      if (node === undefined) return undefined
      const outputs = node.signature.outputs ?? []
      return fail(
        'UNKNOWN_METHOD',
        `${an(node.type)} (${node.signature.call}) has no method or output "${key}"`,
        {
          given: key,
          valid: [...outputs, ...operators.keys()],
        },
      )
    },
  })

  const methods = Object.create(guard) as Record<string | symbol, unknown>
  const notANumber = (self: object): never => {
    return fail(
      'WRONG_TYPE',
      `JavaScript cannot calculate or compare with an expression: ${describe(self)}`,
      {
        hint: 'use the methods: a.add(b), a.sub(b), a.mul(b), a.div(b), a.gt(b), a.lt(b)',
      },
    )
  }
  for (const name of [Symbol.toPrimitive, 'valueOf', 'toString'])
    Object.defineProperty(methods, name, {
      value(this: object) {
        return notANumber(this)
      },
    })

  const prototypes = new Map<string, object>()
  function prototypeOf(signature: Signature): object {
    const outputs = signature.outputs
    if (outputs === undefined) return methods
    let prototype = prototypes.get(signature.name)
    if (prototype === undefined) {
      prototype = Object.create(methods) as object
      for (const output of outputs)
        Object.defineProperty(prototype, output, {
          get(this: object) {
            const node = recorded.get(this)
            return node === undefined ? undefined : record({ ...node, output })
          },
        })
      prototypes.set(signature.name, prototype)
    }
    return prototype
  }

  function record(node: Recorded): object {
    created++
    if (created > table.maxNodes)
      fail('LIMIT_EXCEEDED', `the program has made more than ${table.maxNodes} nodes`, {
        hint: 'is there a loop that builds too much?',
      })
    const expression = Object.create(prototypeOf(node.signature)) as object
    recorded.set(expression, node)
    return Object.freeze(expression)
  }

  function source(operator: string, params: Record<string, number | string>): object {
    const signature = operators.get(operator) as Signature
    return record({
      signature,
      inputs: [],
      params,
      output: undefined,
      type: signature.result as PortType,
      mask: undefined,
      crossSection: false,
    })
  }

  const HOW_TO_BOOLEAN = 'compare it with something: x.gt(0)'
  const HOW_TO_NUMBER = 'turn it into numbers: where(condition, 1, 0)'
  const HOW_TO_GROUP = "name a group of the data: group('sector')"
  /** What operators within groups call the input that says who belongs together. */
  const GROUPS = 'g'
  const HOW_TO_PANEL = "combine it with a value per symbol, such as field('close')"

  /** A value as an expression: numbers become constants. */
  function lift(value: unknown, what: string, hint: string, kind: 'field' | 'group' = 'field'): object {
    if (typeof value === 'object' && value !== null && recorded.has(value)) return value
    if (typeof value === 'number') {
      if (!Number.isFinite(value))
        fail('WRONG_TYPE', `${what} is ${value}, which is not a usable number`, { hint })
      return source('constant', { value })
    }
    if (value === undefined)
      return fail('WRONG_INPUTS', `${what} is undefined: check the name of the variable`, { hint })
    if (typeof value === 'string')
      return fail('WRONG_TYPE', `${what} is ${describe(value)}, not an expression`, {
        hint: `a ${kind} is written ${kind}('${value.slice(0, 40)}')`,
      })
    if (typeof value === 'boolean')
      return fail('WRONG_TYPE', `${what} is ${value}, which is not an expression`, {
        hint: value ? 'constant(1).gt(0) is always true' : 'constant(0).gt(0) is never true',
      })
    if (typeof value === 'function')
      return fail('WRONG_TYPE', `${what} is a function: was it meant to be called?`, {
        hint: hint === '' ? 'write () behind it, with what it needs' : hint,
      })
    return fail('WRONG_TYPE', `${what} is ${describe(value)}, not an expression`, { hint })
  }

  function checkParam(signature: Signature, spec: ParamSignature, value: unknown): number | string {
    const refuse = (wanted: string, more = '') =>
      fail(
        'INVALID_PARAMETER',
        `${signature.call}: ${spec.name} must be ${wanted}, not ${describe(value)}${more}`,
        {
          hint: signature.text,
          ...(typeof value === 'string' ? { given: value, valid: spec.choices ?? [] } : {}),
        },
      )
    if (spec.kind === 'function') {
      // What it may do is checked by whoever takes the graph.
      if (typeof value === 'function') return textOf.call(value)
      if (typeof value === 'string') return value
      return refuse('a function of the windows: (x) => x.at(-1) - x[0]')
    }
    if (spec.kind === 'text') {
      if (typeof value !== 'string' || value === '' || value.length > 200)
        return refuse('a text of 1 to 200 characters')
      return value
    }
    if (spec.kind === 'choice') {
      const choices = spec.choices ?? []
      if (typeof value !== 'string' || !choices.includes(value))
        return refuse(`one of ${choices.map((choice) => `'${choice}'`).join(', ')}`)
      return value
    }
    const whole = spec.kind === 'integer'
    const noun = whole ? 'a whole number' : 'a number'
    const range =
      spec.min !== undefined && spec.max !== undefined && spec.max < 1e300
        ? ` from ${spec.min} to ${spec.max}`
        : ''
    if (typeof value === 'object' && value !== null && recorded.has(value))
      return refuse(`${noun}${range}`, '; it cannot change from bar to bar')
    if (
      typeof value !== 'number' ||
      !Number.isFinite(value) ||
      (spec.min !== undefined && value < spec.min) ||
      (spec.max !== undefined && value > spec.max) ||
      (whole && !Number.isInteger(value))
    )
      return refuse(
        `${noun}${range}`,
        typeof value === 'number' && value < 0 && whole ? '; a negative one would read the future' : '',
      )
    return value
  }

  /** An operator that takes a function has its inputs as a list before it: custom(name, n, [x, y], fn). */
  function byName(signature: Signature, args: readonly unknown[], receiver: readonly unknown[]): unknown[] {
    const names = signature.params.map((spec) => spec.name)
    const last = names.pop() as string
    const inputs = (signature.inputs[0] as Signature['inputs'][number]).name
    if (args.length === 1 && isPlainObject(args[0]) && receiver.length === 0) return [...args]
    // The receiver may be all that there is: close.custom(name, n, fn).
    const places = receiver.length > 0 && args.length === names.length + 1 ? names : [...names, inputs]
    const named: Record<string, unknown> = {}
    const order = [...places, last]
    order.forEach((name, i) => {
      if (i < args.length && args[i] === undefined)
        fail('WRONG_INPUTS', `${signature.call}: ${name} is undefined: check the name of the variable`, {
          hint: signature.text,
        })
      if (i < args.length) named[name] = args[i]
    })
    const given = named[inputs] ?? []
    named[inputs] = [...receiver, ...(Array.isArray(given) ? given : [given])]
    return [named, ...args.slice(order.length)]
  }

  /** One call of an operator, as a function or as a method with the receiver first. */
  function call(signature: Signature, args: readonly unknown[]): object {
    const hint = signature.text
    const specs = signature.inputs
    const positional: unknown[] = []
    const named: Record<string, unknown> = Object.create(null)
    const masked = signature.category === 'crossSection'
    for (const arg of args) {
      if (!isPlainObject(arg)) {
        positional.push(arg)
        continue
      }
      const valid = [...specs, ...signature.params].map((spec) => spec.name)
      if (masked) valid.push('mask')
      for (const key of Object.keys(arg)) {
        if (!valid.includes(key))
          fail('WRONG_INPUTS', `${signature.call} has no input or parameter "${key}"`, {
            hint,
            given: key,
            valid,
          })
        named[key] = arg[key]
      }
    }

    const inputs: object[] = []
    let at = 0
    let byPlace = 0
    let byDefault = 0
    let lastNamed = ''
    const take = (name: string, value: unknown) =>
      inputs.push(lift(value, `${signature.call}: ${name}`, hint, name === GROUPS ? 'group' : 'field'))
    const isNode = (value: unknown) => typeof value === 'object' && value !== null && recorded.has(value)
    for (const spec of specs) {
      const next = positional[at]
      const given = at < positional.length
      if (spec.name in named) {
        const value = named[spec.name]
        const values = spec.variadic && Array.isArray(value) ? value : [value]
        if (values.length === 0) fail('WRONG_INPUTS', `${signature.call}: ${spec.name} is empty`, { hint })
        for (const item of values) take(spec.name, item)
        lastNamed = spec.name
      } else if (spec.variadic) {
        const before = inputs.length
        while (at < positional.length) {
          const value = positional[at]
          if (Array.isArray(value)) for (const item of value) take(spec.name, item)
          else if (typeof value === 'number' && signature.params.length > 0) break
          else take(spec.name, value)
          at++
        }
        if (inputs.length === before && !spec.optional)
          fail('WRONG_INPUTS', `${signature.call}: ${spec.name} is missing`, { hint })
      } else if (spec.defaultField !== undefined) {
        // A number here is the first parameter: rsi(14). A wrong value is refused by lift, in words.
        if (given && typeof next !== 'number' && !(typeof next === 'string' && signature.params.length > 0)) {
          take(spec.name, next)
          at++
          byPlace++
        } else {
          inputs.push(source('field', { name: spec.defaultField }))
          byDefault++
        }
      } else if (spec.optional) {
        if (!given || !(isNode(next) || signature.params.length === 0)) break
        take(spec.name, next)
        at++
      } else {
        if (!given) fail('WRONG_INPUTS', `${signature.call}: ${spec.name} is missing`, { hint })
        take(spec.name, next)
        at++
        byPlace++
      }
    }
    const withDefaults = specs.filter((spec) => spec.defaultField !== undefined)
    if (lastNamed === '' && byDefault > 0 && byDefault < withDefaults.length && byPlace > 0)
      fail(
        'WRONG_INPUTS',
        `${signature.call}: give all of ${withDefaults.map((spec) => spec.name).join(', ')}, or none, or name those that you give: ${signature.call}({ ${withDefaults[0]?.name}: x })`,
        { hint },
      )

    const params: Record<string, number | string> = {}
    for (const spec of signature.params) {
      let value: unknown
      if (spec.name in named) value = named[spec.name]
      else if (at < positional.length) {
        value = positional[at++]
        if (value === undefined)
          fail(
            'INVALID_PARAMETER',
            `${signature.call}: ${spec.name} is undefined: check the name of the variable`,
            {
              hint,
            },
          )
      } else if (spec.default !== undefined) value = spec.default
      else fail('INVALID_PARAMETER', `${signature.call}: ${spec.name} is missing`, { hint })
      params[spec.name] = checkParam(signature, spec, value)
    }
    if (at < positional.length)
      fail(
        'WRONG_INPUTS',
        `${signature.call} takes fewer arguments: ${describe(positional[at])} is one too many`,
        { hint },
      )

    const types = inputs.map((input) => (recorded.get(input) as Recorded).type)
    types.forEach((type, i) => {
      const spec = specs[Math.min(i, specs.length - 1)] as Signature['inputs'][number]
      if (spec.type === 'numeric' ? type !== 'boolean' : type === spec.type) return
      const remedy =
        spec.type === 'boolean'
          ? HOW_TO_BOOLEAN
          : spec.name === GROUPS
            ? HOW_TO_GROUP
            : type === 'boolean'
              ? HOW_TO_NUMBER
              : HOW_TO_PANEL
      const wanted = spec.type === 'numeric' ? 'numbers' : an(spec.type)
      fail('WRONG_TYPE', `${signature.call} needs ${wanted} as ${spec.name}, not ${describe(inputs[i])}`, {
        hint: `${remedy}; ${hint}`,
      })
    })

    let mask: object | null | undefined
    if (masked && 'mask' in named) {
      mask = named.mask === null ? null : lift(named.mask, `${signature.call}: mask`, hint)
      if (mask !== null && recorded.get(mask)?.type !== 'boolean')
        fail('WRONG_TYPE', `${signature.call}: mask must be a boolean, not ${describe(mask)}`, {
          hint: HOW_TO_BOOLEAN,
        })
    }
    return record({
      signature,
      inputs,
      params,
      output: signature.outputs?.[0],
      type:
        signature.result === 'widest'
          ? types.every((type) => type === 'vector')
            ? 'vector'
            : 'panel'
          : signature.result,
      mask,
      crossSection: masked || inputs.some((input) => (recorded.get(input) as Recorded).crossSection),
    })
  }

  const api: Record<string, (...args: unknown[]) => object> = Object.create(null)
  for (const signature of table.operators) {
    const isOfFunction = signature.params.some((spec) => spec.kind === 'function')
    const operator = (...args: unknown[]) =>
      call(signature, isOfFunction ? byName(signature, args, []) : args)
    api[signature.call] = operator
    if (signature.inputs.length === 0) continue
    for (const name of new Set([signature.name, signature.call]))
      Object.defineProperty(methods, name, {
        value(this: object, ...args: unknown[]) {
          if (!recorded.has(this))
            fail('WRONG_INPUTS', `${signature.call} was called without its expression`, {
              hint: signature.text,
            })
          return call(signature, isOfFunction ? byName(signature, args, [this]) : [this, ...args])
        },
      })
  }
  Object.freeze(methods)

  // ---- JSON form ---------------------------------------------------------------------------------------------

  /** Writes expressions down as nodes, each once (twice where the universe makes a difference). */
  function createWriter() {
    const nodes: NodeJson[] = []
    const plain = new Map<object, string>()
    const inside = new Map<object, string>()
    let universe: { expression: object; id: string } | undefined

    type Needed = readonly [expression: object, masked: boolean]
    const idsFor = (node: Recorded, masked: boolean) => (masked && node.crossSection ? inside : plain)

    function needs(node: Recorded, masked: boolean): Needed[] {
      const all = node.inputs.map((input): Needed => [input, masked])
      if (node.mask && node.mask !== universe?.expression) all.push([node.mask, masked])
      return all
    }

    function idOf(expression: object, masked: boolean): string | undefined {
      return idsFor(recorded.get(expression) as Recorded, masked).get(expression)
    }

    function write(root: object, masked: boolean): string {
      // A stack of our own: chains may be longer than the call stack is deep.
      const stack: Needed[] = [[root, masked]]
      while (stack.length > 0) {
        const [expression, under] = stack[stack.length - 1] as Needed
        const node = recorded.get(expression) as Recorded
        const ids = idsFor(node, under)
        const missing = ids.has(expression)
          ? []
          : needs(node, under).filter(([input, within]) => idOf(input, within) === undefined)
        if (missing.length > 0) {
          for (let i = missing.length - 1; i >= 0; i--) stack.push(missing[i] as Needed)
          continue
        }
        stack.pop()
        if (ids.has(expression)) continue
        const id = `n${nodes.length + 1}`
        ids.set(expression, id)
        const json: NodeJson = {
          id,
          op: node.signature.name,
          inputs: node.inputs.map((input) => idOf(input, under) as string),
          params: node.params,
        }
        if (node.output !== undefined) json.output = node.output
        if (node.signature.category === 'crossSection') {
          if (node.mask)
            json.mask = node.mask === universe?.expression ? universe.id : (idOf(node.mask, under) as string)
          else if (node.mask === undefined && under && universe !== undefined) json.mask = universe.id
        }
        nodes.push(json)
      }
      return idOf(root, masked) as string
    }

    return {
      nodes,
      universe(expression: object) {
        universe = { expression, id: write(expression, false) }
        return universe.id
      },
      write: (expression: object) => write(expression, universe !== undefined),
    }
  }

  // ---- strategy({ … }) ---------------------------------------------------------------------------------------

  function checkSetting(path: string, spec: SettingSpec, value: unknown): void {
    const refuse = (wanted: string, details: BuilderErrorDetails = {}): never =>
      fail('INVALID_SETTING', `strategy: ${path} must be ${wanted}, not ${describe(value)}`, details)
    switch (spec.kind) {
      case 'expression': {
        const expression = lift(value, `strategy: ${path}`, `${path} takes ${an(spec.type)}`)
        const type = recorded.get(expression)?.type
        if (type !== spec.type)
          fail('WRONG_TYPE', `strategy: ${path} must be ${an(spec.type)}, not ${describe(expression)}`, {
            hint:
              spec.type === 'boolean' ? HOW_TO_BOOLEAN : type === 'boolean' ? HOW_TO_NUMBER : HOW_TO_PANEL,
          })
        return
      }
      case 'text':
        if (typeof value !== 'string' || value === '' || value.length > spec.longest)
          refuse(`a text of 1 to ${spec.longest} characters`)
        return
      case 'integer':
      case 'number': {
        const bounds: string[] = []
        if (spec.min !== undefined) bounds.push(`at least ${spec.min}`)
        if (spec.above !== undefined) bounds.push(`above ${spec.above}`)
        if (spec.max !== undefined) bounds.push(`at most ${spec.max}`)
        if (spec.below !== undefined) bounds.push(`below ${spec.below}`)
        if (
          typeof value !== 'number' ||
          !Number.isFinite(value) ||
          (spec.kind === 'integer' && !Number.isInteger(value)) ||
          (spec.min !== undefined && value < spec.min) ||
          (spec.max !== undefined && value > spec.max) ||
          (spec.above !== undefined && value <= spec.above) ||
          (spec.below !== undefined && value >= spec.below)
        )
          refuse(
            `a ${spec.kind === 'integer' ? 'whole ' : ''}number${bounds.length ? ` ${bounds.join(' and ')}` : ''}`,
          )
        return
      }
      case 'choice': {
        if (typeof value === 'string' && spec.choices.includes(value)) return
        if (spec.or !== undefined && isPlainObject(value)) {
          checkSetting(path, { kind: 'object', keys: spec.or, needs: 'one' }, value)
          return
        }
        const choices = spec.choices.map((choice) => `'${choice}'`)
        for (const key of Object.keys(spec.or ?? {})) choices.push(`{ ${key}: number }`)
        refuse(
          `one of ${choices.join(', ')}`,
          typeof value === 'string' ? { given: value, valid: spec.choices } : {},
        )
        return
      }
      case 'object': {
        const keys = Object.keys(spec.keys)
        const shape =
          spec.needs === 'one'
            ? `one of ${keys.map((key) => `{ ${key}: … }`).join(', ')}`
            : `an object { ${keys.join(', ')} }`
        if (!isPlainObject(value)) {
          refuse(shape)
          return
        }
        const given = Object.keys(value).filter((key) => value[key] !== undefined)
        for (const key of given)
          if (!own(spec.keys, key))
            fail('UNKNOWN_SETTING', `strategy: ${path} has no setting "${key}"`, {
              hint: `${path} takes ${shape}`,
              given: key,
              valid: keys,
            })
        if (spec.needs === 'one' && given.length !== 1)
          fail('INVALID_SETTING', `strategy: ${path} takes exactly one setting, ${given.length} were given`, {
            hint: shape,
          })
        if (spec.needs === 'all')
          for (const key of keys)
            if (!given.includes(key))
              fail('INVALID_SETTING', `strategy: ${path}.${key} is missing`, {
                hint: `${path} takes ${shape}`,
              })
        for (const key of given) checkSetting(`${path}.${key}`, spec.keys[key] as SettingSpec, value[key])
      }
    }
  }

  const RULES = ['score', 'signals', 'weights']
  const EXAMPLE = "strategy({ score: rank(field('close').pctChange(60)), select: { top: 20 } })"

  function strategy(options: unknown): StrategyJson {
    if (!isPlainObject(options) || strategies.has(options))
      return fail('INVALID_SETTING', `strategy takes one object of settings, not ${describe(options)}`, {
        hint: EXAMPLE,
      })
    const given = Object.keys(options).filter((key) => options[key] !== undefined)
    for (const key of given)
      if (!own(table.settings, key))
        fail('UNKNOWN_SETTING', `strategy has no setting "${key}"`, {
          hint: `its settings are ${Object.keys(table.settings).join(', ')}`,
          given: key,
          valid: Object.keys(table.settings),
        })
    const rules = RULES.filter((key) => own(options, key))
    for (const key of rules)
      if (options[key] === undefined)
        fail('INVALID_SETTING', `strategy: ${key} is undefined: check the name of the variable`)
    if (rules.length === 0)
      fail(
        'INVALID_SETTING',
        given.includes('select')
          ? 'strategy: select needs a score to select by'
          : 'strategy: says nothing about what to hold: score with select, signals or weights is missing',
        { hint: EXAMPLE },
      )
    if (rules.length > 1)
      fail('INVALID_SETTING', `strategy: ${rules.join(' and ')} contradict each other`, {
        hint: 'give one of score (with select), signals or weights',
      })
    const rule = rules[0] as string
    if (rule === 'score' && !given.includes('select'))
      fail('INVALID_SETTING', 'strategy: a score needs select, which says how many to hold', {
        hint: 'select: { top: 20 }',
      })
    if (rule !== 'score' && given.includes('select'))
      fail('INVALID_SETTING', `strategy: select needs a score, but there are ${rule}`, {
        hint: `leave select out, or give a score in place of ${rule}`,
      })
    for (const key of given) checkSetting(key, table.settings[key] as SettingSpec, options[key])

    const writer = createWriter()
    const json: StrategyJson = { version: 1, nodes: writer.nodes, rule: {}, portfolio: {} }
    if (given.includes('name')) json.name = options.name as string
    if (given.includes('universe')) json.universe = writer.universe(lift(options.universe, 'universe', ''))
    const write = (value: unknown) => writer.write(lift(value, rule, ''))
    if (rule === 'score') json.rule = { kind: 'score', score: write(options.score), select: options.select }
    else if (rule === 'weights') json.rule = { kind: 'weights', weights: write(options.weights) }
    else {
      const { enter, exit } = options.signals as Record<string, unknown>
      json.rule = { kind: 'signals', enter: write(enter), exit: write(exit) }
    }
    const elsewhere = ['name', 'universe', 'select', ...RULES]
    for (const key of given) if (!elsewhere.includes(key)) json.portfolio[key] = options[key]
    strategies.add(json)
    made.push(json)
    return json
  }

  return {
    api,
    strategy,
    isStrategy: (value: unknown): value is StrategyJson =>
      typeof value === 'object' && value !== null && strategies.has(value),
    made,
    expression(value) {
      const writer = createWriter()
      return { nodes: writer.nodes, root: writer.write(lift(value, 'the expression', '')) }
    },
    isExpression: (value) => typeof value === 'object' && value !== null && recorded.has(value),
  }
}
