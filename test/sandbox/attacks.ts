// biome-ignore-all lint/suspicious/noTemplateCurlyInString: programs as texts
import { FURTHER_PROGRAMS } from './further-attacks.js'

/**
 * Programs that try to get out of the sandbox, to bring it down, or to make whoever reads them do something else than
 * refuse: category, what it tries, the program, and how it ends. A program that gets hold of what it must not have
 * throws ESCAPED.
 */
export interface Attack {
  readonly category: string
  readonly tries: string
  readonly source: string
  readonly language: 'ts' | 'js' | 'json'
  /** The code of its error; STRATEGY: it is one; LIMIT: it is stopped by whichever limit it meets first. */
  readonly ends: string
}

const S = "import { strategy, field, rank } from 'alphaloop'\n"
const OK = "export default strategy({ score: field('close'), select: { top: 1 } })"
const got = (expression: string) =>
  `let got\ntry { got = ${expression} } catch {}\nif (got !== undefined) throw new Error('ESCAPED')\n`
const R = (text: string, times: number) => text.repeat(times)

const PROGRAMS: readonly (readonly [category: string, tries: string, source: string, ends: string])[] = [
  // --- the host's globals
  ['globals', 'read the environment', S + got('process.env') + OK, 'STRATEGY'],
  ['globals', 'end the process', `${S}process.exit(0)\n${OK}`, 'STRATEGY_ERROR'],
  [
    'globals',
    'reach the process through globalThis',
    S + got("globalThis['pro' + 'cess'].versions") + OK,
    'STRATEGY',
  ],
  ['globals', 'reach the main module', S + got('process.mainModule.require') + OK, 'STRATEGY'],
  ['globals', 'require a module', S + got("require('fs').readFileSync") + OK, 'STRATEGY'],
  [
    'globals',
    'reach the module object of a wrapper',
    S +
      "const m = typeof module === 'undefined' ? undefined : module\nif (m) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY',
  ],
  [
    'globals',
    'read the arguments of a module wrapper',
    S +
      "if (typeof __filename !== 'undefined' || typeof __dirname !== 'undefined') throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY',
  ],
  ['globals', 'fetch from the network', `${S}await fetch('http://127.0.0.1:9')\n${OK}`, 'STRATEGY_ERROR'],
  ['globals', 'open a socket', `${S}new WebSocket('ws://127.0.0.1:9')\n${OK}`, 'STRATEGY_ERROR'],
  [
    'globals',
    'send a request the old way',
    `${S}new XMLHttpRequest().open('GET', 'http://127.0.0.1:9', false)\n${OK}`,
    'STRATEGY_ERROR',
  ],
  ['globals', 'start a thread', `${S}new Worker('data:text/javascript,1')\n${OK}`, 'STRATEGY_ERROR'],
  [
    'globals',
    'compile WebAssembly',
    `${S}if (typeof WebAssembly !== 'undefined') throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY',
  ],
  [
    'globals',
    'share memory',
    `${S}if (typeof SharedArrayBuffer !== 'undefined') throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY',
  ],
  [
    'globals',
    'sleep through Atomics',
    `${S}Atomics.wait(new Int32Array(4), 0, 0, 1e9)\n${OK}`,
    'STRATEGY_ERROR',
  ],
  ['globals', 'write to the console', `${S}console.log('x')\n${OK}`, 'STRATEGY_ERROR'],
  ['globals', 'print through the engine', `${S}print('x')\n${OK}`, 'STRATEGY_ERROR'],
  [
    'globals',
    'read the engine script arguments',
    `${S}if (typeof scriptArgs !== 'undefined') throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY',
  ],
  ['globals', 'load a script', `${S}loadScript('/etc/passwd')\n${OK}`, 'STRATEGY_ERROR'],
  ['globals', 'call the garbage collector', `${S}gc()\n${OK}`, 'STRATEGY_ERROR'],
  ['globals', 'reach Deno', S + got('Deno.readTextFileSync') + OK, 'STRATEGY'],
  ['globals', 'reach Bun', S + got('Bun.file') + OK, 'STRATEGY'],
  [
    'globals',
    'ask for the time',
    `${S}if (Date.now() % 2) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'ask for the time by a new date',
    `${S}if (new Date().getTime()) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'measure time',
    `${S}if (performance.now()) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'find the time zone',
    `${S}if (typeof Intl !== 'undefined' && Intl.DateTimeFormat) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY',
  ],
  [
    'globals',
    'draw a number',
    `${S}field('close').sma(Math.floor(Math.random() * 10) + 2)\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'draw a number with the saved function',
    `${S}const { random } = Math\nif (random() >= 0) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'make a random id',
    `${S}if (crypto.randomUUID()) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'watch the garbage collector',
    `${S}new FinalizationRegistry(() => {})\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'hold a weak reference',
    `${S}if (new WeakRef({}).deref()) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'schedule work for later',
    `${S}setTimeout(() => { throw new Error('ESCAPED') }, 0)\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'globals',
    'queue a microtask that never ends',
    `${S}const again = () => Promise.resolve().then(again)\nagain()\n${OK}`,
    'STRATEGY or LIMIT',
  ],
  // --- code from text
  [
    'code from text',
    'call eval',
    `${S}if (eval('1 + 1') === 2) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'call eval indirectly',
    `${S}if ((0, eval)('1 + 1') === 2) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'call Function',
    `${S}if (Function('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'construct Function',
    `${S}if (new Function('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of a function',
    `${S}if ((() => 1).constructor('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of a method of an array',
    `${S}if ([].filter.constructor('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of a method of a string',
    `${S}if (''.sub.constructor('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of an operator',
    `${S}if (rank.constructor('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of a method of an expression',
    `${S}if (field('close').sma.constructor('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of strategy',
    `${S}if (strategy.constructor('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'climb from an expression to its constructor twice',
    S +
      "const F = field('close').constructor?.constructor\nif (F && F('return 1')() === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY',
  ],
  [
    'code from text',
    'construct a generator function',
    S +
      "const G = Object.getPrototypeOf(function* () {}).constructor\nif (G('yield 1')().next().value === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'construct an async function',
    S +
      "const A = Object.getPrototypeOf(async () => {}).constructor\nif (await A('return 1')() === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'construct an async generator function',
    S +
      "const A = Object.getPrototypeOf(async function* () {}).constructor\nif (A('yield 1')()) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'construct through Reflect',
    S +
      "if (Reflect.construct((() => 1).constructor, ['return 1'])() === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'extend Function',
    S +
      "class F extends (() => 1).constructor {}\nif (new F('return 1')() === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of a bound function',
    `${S}if ((() => 1).bind().constructor('return 1')() === 1) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor of a getter',
    S +
      "const { get } = Object.getOwnPropertyDescriptor(Map.prototype, 'size')\nif (get.constructor('return 1')() === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'take the constructor through a species',
    S +
      "class A extends Array { static get [Symbol.species]() { return (() => 1).constructor } }\nconst made = new A(3).map(() => 'return 1')\nif (typeof made === 'function') throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  ['code from text', 'hand text to a timer', `${S}setTimeout('throw 1', 0)\n${OK}`, 'STRATEGY_ERROR'],
  [
    'code from text',
    'delete what stands in the way of the constructor',
    S +
      "const p = Object.getPrototypeOf(() => 1)\ntry { delete p.constructor } catch {}\nif ((() => 1).constructor?.('return 1')?.() === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'define the constructor anew',
    `${S}Object.defineProperty(Object.getPrototypeOf(() => 1), 'constructor', { value: 1 })\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'find eval in the properties of the global object',
    S +
      "for (const name of Object.getOwnPropertyNames(globalThis)) if (name === 'eval') if (globalThis[name]('1') === 1) throw new Error('ESCAPED')\n" +
      OK,
    'STRATEGY_ERROR',
  ],
  [
    'code from text',
    'make code of a regular expression',
    `${S}/(?:)/.constructor('x', 'g').constructor.constructor('return 1')()\n${OK}`,
    'STRATEGY_ERROR',
  ],
  // --- modules
  ['modules', 'import a module of Node', `import fs from 'fs'\n${S}${OK}`, 'STRATEGY_IMPORT'],
  [
    'modules',
    'import a module of Node by its scheme',
    `import { readFileSync } from 'node:fs'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import the child process module',
    `import * as cp from 'node:child_process'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import the standard library of the engine',
    `import * as std from 'std'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import the system library of the engine',
    `import * as os from 'os'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import a module that lies beside it',
    `import x from './secret.js'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  ['modules', 'import a module above', `import x from '../../package.json'\n${S}${OK}`, 'STRATEGY_IMPORT'],
  ['modules', 'import an absolute path', `import x from '/etc/passwd'\n${S}${OK}`, 'STRATEGY_IMPORT'],
  [
    'modules',
    'import a file by its address',
    `import x from 'file:///etc/passwd'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import code in an address',
    `import x from 'data:text/javascript,export default 1'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import over the network',
    `import x from 'http://127.0.0.1:9/x.js'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import dynamically',
    `${S}const fs = await import('fs')\nif (fs) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'modules',
    'import dynamically what says its name late',
    `${S}let n = 0\nawait import({ toString: () => n++ ? 'fs' : 'alphaloop' })\n${OK}`,
    'STRATEGY',
  ],
  [
    'modules',
    'import a property of every object as a module',
    `${S}await import('toString')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  ['modules', 'import the prototype', `${S}await import('__proto__')\n${OK}`, 'STRATEGY_ERROR'],
  [
    'modules',
    'import the API with a query',
    "import { strategy } from 'alphaloop?x'\nstrategy()",
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import a path below the API',
    `import x from 'alphaloop/dist/compose.js'\n${S}${OK}`,
    'STRATEGY_IMPORT',
  ],
  [
    'modules',
    'import what the API does not have',
    `import { runLearningLoop } from 'alphaloop'\n${OK}`,
    'STRATEGY_IMPORT',
  ],
  ['modules', 'import the program itself', `import * as me from 'strategy.ts'\n${S}${OK}`, 'STRATEGY_IMPORT'],
  ['modules', 'export everything of a module of Node', `${S}export * from 'fs'\n${OK}`, 'STRATEGY_IMPORT'],
  [
    'modules',
    'read where the module lies',
    `${S}if (import.meta.url) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY',
  ],
  ['modules', 'resolve a module', `${S}import.meta.resolve('fs')\n${OK}`, 'STRATEGY_ERROR'],
  [
    'modules',
    'import with attributes',
    `${S}await import('./package.json', { with: { type: 'json' } })\n${OK}`,
    'STRATEGY_SYNTAX',
  ],
  [
    'modules',
    'change what the API exports',
    `${S}import * as api from 'alphaloop'\napi.strategy = () => 1\n${OK}`,
    'STRATEGY_ERROR',
  ],
  ['modules', 'require through TypeScript', `import fs = require('fs')\n${S}${OK}`, 'STRATEGY_ERROR'],
  // --- prototypes
  ['prototypes', 'pollute every object', `${S}Object.prototype.polluted = 'ESCAPED'\n${OK}`, 'STRATEGY'],
  ['prototypes', 'pollute through __proto__', `${S}({}).__proto__.polluted = 'ESCAPED'\n${OK}`, 'STRATEGY'],
  [
    'prototypes',
    'pollute through JSON',
    `${S}Object.assign({}, JSON.parse('{"__proto__": {"polluted": "ESCAPED"}}'))\n${OK}`,
    'STRATEGY',
  ],
  [
    'prototypes',
    'give every object a setter for nodes',
    S +
      "Object.defineProperty(Object.prototype, 'nodes', { set() { throw new Error('no') }, configurable: true })\n" +
      OK,
    'STRATEGY',
  ],
  [
    'prototypes',
    'give every object a toJSON',
    `${S}Object.prototype.toJSON = () => 'ESCAPED'\n${OK}`,
    'STRATEGY_EXPORT',
  ],
  [
    'prototypes',
    'replace JSON.stringify',
    `${S}JSON.stringify = () => '{"kind":"strategy","strategy":{}}'\n${OK}`,
    'INVALID_STRATEGY',
  ],
  [
    'prototypes',
    'forge a strategy that is too large for the limits',
    S +
      'JSON.stringify = () => \'{"kind":"strategy","strategy":{"version":1,"nodes":[\' + \'{},\'.repeat(9999) + \'{}]}}\'\n' +
      OK,
    'INVALID_STRATEGY',
  ],
  [
    'prototypes',
    'forge a result that is no JSON',
    `${S}JSON.stringify = () => '{{{'\n${OK}`,
    'STRATEGY_EXPORT',
  ],
  [
    'prototypes',
    'forge a result that is no text',
    `${S}JSON.stringify = () => ({ length: 1 })\n${OK}`,
    'STRATEGY_EXPORT',
  ],
  [
    'prototypes',
    'forge a result with a prototype in it',
    S +
      'JSON.stringify = () => \'{"kind":"strategy","strategy":{"__proto__":{"polluted":"ESCAPED"},"version":1}}\'\n' +
      OK,
    'INVALID_STRATEGY',
  ],
  ['prototypes', 'replace Array.prototype.map', `${S}Array.prototype.map = () => []\n${OK}`, 'STRATEGY'],
  [
    'prototypes',
    'replace Array.prototype.push',
    `${S}Array.prototype.push = () => 0\n${OK}`,
    'INVALID_PARAMETER',
  ],
  [
    'prototypes',
    'replace the iterator of arrays',
    `${S}Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1 }\n${OK}`,
    'LIMIT',
  ],
  [
    'prototypes',
    'replace Map.prototype.get',
    `${S}Map.prototype.get = () => undefined\n${OK}`,
    'INVALID_STRATEGY',
  ],
  [
    'prototypes',
    'replace WeakMap.prototype.get',
    `${S}WeakMap.prototype.get = () => ({ type: 'panel', inputs: [], params: {} })\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'prototypes',
    'replace WeakMap.prototype.has',
    `${S}WeakMap.prototype.has = () => true\n${OK}`,
    'INVALID_SETTING',
  ],
  [
    'prototypes',
    'replace WeakSet.prototype.has',
    `${S}WeakSet.prototype.has = () => true\nexport default { version: 1 }`,
    'INVALID_STRATEGY',
  ],
  [
    'prototypes',
    'replace Object.keys',
    `${S}Object.keys = () => { throw new Error('no') }\n${OK}`,
    'STRATEGY_ERROR',
  ],
  ['prototypes', 'replace Object.freeze', `${S}Object.freeze = (x) => x\n${OK}`, 'STRATEGY'],
  ['prototypes', 'replace Array.isArray', `${S}Array.isArray = () => true\n${OK}`, 'INVALID_SETTING'],
  [
    'prototypes',
    'replace Number.isFinite',
    S +
      "Number.isFinite = () => true\nexport default strategy({ score: field('close').sma(Infinity), select: { top: 1 } })",
    'INVALID_PARAMETER',
  ],
  [
    'prototypes',
    'replace Number.isInteger',
    S +
      "Number.isInteger = () => true\nexport default strategy({ score: field('close').sma(2.5), select: { top: 1 } })",
    'INVALID_PARAMETER',
  ],
  [
    'prototypes',
    'replace Promise.prototype.then',
    `${S}Promise.prototype.then = () => { throw new Error('no') }\n${OK}`,
    'STRATEGY',
  ],
  [
    'prototypes',
    'replace Error',
    `${S}globalThis.Error = class { constructor() { for (;;) {} } }\nfield()`,
    'STRATEGY_TIMEOUT',
  ],
  [
    'prototypes',
    'replace the finishing function',
    `${S}globalThis.__alphaloopFinish = () => 'ESCAPED'\n${OK}`,
    'STRATEGY',
  ],
  [
    'prototypes',
    'look for the finishing function',
    `${S}if (typeof __alphaloopFinish !== 'undefined') throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY',
  ],
  [
    'prototypes',
    'freeze the world',
    S +
      'for (const name of Object.getOwnPropertyNames(globalThis)) try { Object.freeze(globalThis[name]) } catch {}\n' +
      OK,
    'STRATEGY',
  ],
  [
    'prototypes',
    'empty the world',
    S +
      'for (const name of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[name] } catch {}\n' +
      OK,
    'STRATEGY_ERROR',
  ],
  // --- arguments that play games
  [
    'arguments',
    'a field whose name is computed when it is read',
    `${S}export default strategy({ score: field({ toString: () => 'close' }), select: { top: 1 } })`,
    'WRONG_INPUTS',
  ],
  [
    'arguments',
    'a window that is a number when it is asked',
    `${S}export default strategy({ score: field('close').sma({ valueOf: () => 20 }), select: { top: 1 } })`,
    'WRONG_INPUTS',
  ],
  [
    'arguments',
    'a window that is text',
    `${S}export default strategy({ score: field('close').sma('20'), select: { top: 1 } })`,
    'INVALID_PARAMETER',
  ],
  [
    'arguments',
    'a window without an end',
    `${S}export default strategy({ score: field('close').sma(Infinity), select: { top: 1 } })`,
    'INVALID_PARAMETER',
  ],
  [
    'arguments',
    'a window that is no number',
    `${S}export default strategy({ score: field('close').sma(NaN), select: { top: 1 } })`,
    'INVALID_PARAMETER',
  ],
  [
    'arguments',
    'a window into the future',
    `${S}export default strategy({ score: field('close').lag(-1), select: { top: 1 } })`,
    'INVALID_PARAMETER',
  ],
  [
    'arguments',
    'a window of nothing',
    `${S}export default strategy({ score: field('close').lag(0), select: { top: 1 } })`,
    'INVALID_PARAMETER',
  ],
  [
    'arguments',
    'a window longer than all history',
    `${S}export default strategy({ score: field('close').sma(1e9), select: { top: 1 } })`,
    'INVALID_PARAMETER',
  ],
  [
    'arguments',
    'a window as a big integer',
    `${S}export default strategy({ score: field('close').sma(20n), select: { top: 1 } })`,
    'INVALID_PARAMETER',
  ],
  [
    'arguments',
    'a field named like the prototype',
    `${S}export default strategy({ score: field('__proto__'), select: { top: 1 } })`,
    'STRATEGY',
  ],
  [
    'arguments',
    'a field named like a method',
    `${S}export default strategy({ score: field('constructor'), select: { top: 1 } })`,
    'STRATEGY',
  ],
  [
    'arguments',
    'a field whose name is a million long',
    `${S}export default strategy({ score: field('x'.repeat(1e6)), select: { top: 1 } })`,
    'STRATEGY_ERROR',
  ],
  [
    'arguments',
    'a name that moves the cursor of a terminal',
    S +
      "export default strategy({ name: '\\u001b[2J\\u001b[31mowned', score: field('close'), select: { top: 1 } })",
    'STRATEGY',
  ],
  [
    'arguments',
    'a name that breaks lines',
    S +
      'export default strategy({ name: \'a\\r\\nb\\n{"kind":"iteration"}\', score: field(\'close\'), select: { top: 1 } })',
    'STRATEGY',
  ],
  [
    'arguments',
    'a name with half a character',
    `${S}export default strategy({ name: '\\ud800', score: field('close'), select: { top: 1 } })`,
    'STRATEGY',
  ],
  [
    'arguments',
    'a name that is a script',
    S +
      "export default strategy({ name: '<script>alert(1)</script>', score: field('close'), select: { top: 1 } })",
    'STRATEGY',
  ],
  [
    'arguments',
    'a name that is very long',
    `${S}export default strategy({ name: 'n'.repeat(5e5), score: field('close'), select: { top: 1 } })`,
    'INVALID_SETTING',
  ],
  [
    'arguments',
    'settings behind a proxy that lies',
    S +
      "export default strategy(new Proxy({}, { get: (_, k) => k === 'score' ? field('close') : undefined, ownKeys: () => ['score', 'select'] }))",
    'INVALID_SETTING',
  ],
  [
    'arguments',
    'settings behind a proxy without an end of keys',
    `${S}export default strategy(new Proxy({ score: field('close') }, { ownKeys() { for (;;) {} } }))`,
    'STRATEGY_TIMEOUT',
  ],
  [
    'arguments',
    'settings with a getter that throws',
    `${S}export default strategy({ get score() { throw new Error('boo') }, select: { top: 1 } })`,
    'STRATEGY_ERROR',
  ],
  [
    'arguments',
    'settings with a getter that answers otherwise each time',
    S +
      "let n = 0\nexport default strategy({ get score() { return n++ ? 5 : field('close') }, select: { top: 1 } })",
    'WRONG_TYPE',
  ],
  [
    'arguments',
    'settings that contain themselves',
    `${S}const o = { score: field('close'), select: { top: 1 } }\no.exits = o\nexport default strategy(o)`,
    'UNKNOWN_SETTING',
  ],
  [
    'arguments',
    'settings from a prototype',
    `${S}export default strategy(Object.create({ score: field('close'), select: { top: 1 } }))`,
    'INVALID_SETTING',
  ],
  [
    'arguments',
    'settings with symbols for keys',
    `${S}export default strategy({ [Symbol('score')]: 1, score: field('close'), select: { top: 1 } })`,
    'STRATEGY',
  ],
  [
    'arguments',
    'a selection that is negative',
    `${S}export default strategy({ score: field('close'), select: { top: -5 } })`,
    'INVALID_SETTING',
  ],
  [
    'arguments',
    'a selection that is no whole number',
    `${S}export default strategy({ score: field('close'), select: { top: 1e300 } })`,
    'INVALID_SETTING',
  ],
  [
    'arguments',
    'costs that pay',
    `${S}export default strategy({ score: field('close'), select: { top: 1 }, costs: { commission: -1 } })`,
    'INVALID_SETTING',
  ],
  [
    'arguments',
    'leverage without an end',
    `${S}export default strategy({ score: field('close'), select: { top: 1 }, grossExposure: Infinity })`,
    'INVALID_SETTING',
  ],
  [
    'arguments',
    'an expression made by hand',
    `${S}export default strategy({ score: { op: 'field', params: { name: 'close' } }, select: { top: 1 } })`,
    'WRONG_TYPE',
  ],
  [
    'arguments',
    'an expression behind a proxy',
    `${S}export default strategy({ score: new Proxy(field('close'), {}), select: { top: 1 } })`,
    'WRONG_TYPE',
  ],
  [
    'arguments',
    'an object that inherits from an expression',
    `${S}export default strategy({ score: Object.create(field('close')), select: { top: 1 } })`,
    'WRONG_TYPE',
  ],
  [
    'arguments',
    'a strategy that is a promise without an end',
    `${S}export default new Promise(() => {})`,
    'STRATEGY_EXPORT',
  ],
  [
    'arguments',
    'a strategy that pretends to be a promise',
    S +
      "export default { then(resolve) { resolve(strategy({ score: field('close'), select: { top: 1 } })) } }",
    'STRATEGY_EXPORT',
  ],
  [
    'arguments',
    'a strategy made by hand',
    "export default { version: 1, name: 'x', nodes: [], rule: { kind: 'score' }, portfolio: {} }",
    'STRATEGY_EXPORT',
  ],
  [
    'arguments',
    'a strategy that is changed after it was made',
    S +
      "const s = strategy({ score: field('close'), select: { top: 1 } })\ntry { s.nodes.push({ id: 'x' }); s.rule = null } catch {}\nexport default s",
    'INVALID_STRATEGY',
  ],
  [
    'arguments',
    'a node that is changed after it was made',
    S +
      "const f = field('close')\ntry { f.op = 'lag'; f.params = { n: -1 } } catch {}\nexport default strategy({ score: f, select: { top: 1 } })",
    'STRATEGY',
  ],
  [
    'arguments',
    'thousands of strategies',
    S +
      "let s\nfor (let i = 0; i < 5000; i++) s = strategy({ score: field('f' + (i % 5)), select: { top: 1 } })\nexport default s",
    'STRATEGY or LIMIT',
  ],
  [
    'arguments',
    'more nodes than allowed',
    S +
      "let x = field('close')\nfor (let i = 0; i < 300; i++) x = x.add(field('f' + i % 9).sma(2 + i))\nexport default strategy({ score: x, select: { top: 1 } })",
    'LIMIT_EXCEEDED',
  ],
  [
    'arguments',
    'nodes without an end',
    `${S}let x = field('close')\nfor (;;) x = x.add(1)`,
    'LIMIT_EXCEEDED or LIMIT',
  ],
  [
    'arguments',
    'a graph that doubles with each step',
    S +
      "let x = field('close')\nfor (let i = 0; i < 29; i++) x = x.add(x)\nexport default strategy({ score: x, select: { top: 1 } })",
    'STRATEGY',
  ],
  [
    'arguments',
    'a graph that doubles a hundred times',
    S +
      "let x = field('close')\nfor (let i = 0; i < 100; i++) x = x.mul(x)\nexport default strategy({ score: x, select: { top: 1 } })",
    'LIMIT_EXCEEDED',
  ],
  [
    'arguments',
    'more fields than allowed',
    S +
      "let x = field('f0')\nfor (let i = 1; i < 30; i++) x = x.add(field('f' + i))\nexport default strategy({ score: x, select: { top: 1 } })",
    'LIMIT_EXCEEDED',
  ],
  // --- errors
  ['errors', 'throw text', 'throw "text"', 'STRATEGY_ERROR'],
  ['errors', 'throw nothing', 'throw undefined', 'STRATEGY_ERROR'],
  ['errors', 'throw null', 'throw null', 'STRATEGY_MEMORY'],
  ['errors', 'throw a symbol', 'throw Symbol("x")', 'STRATEGY_ERROR'],
  ['errors', 'throw a function', 'throw () => {}', 'STRATEGY_ERROR'],
  [
    'errors',
    'throw an error whose message is a getter that throws',
    'throw { get message() { throw 1 } }',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'throw an error whose message takes forever',
    'throw { get message() { for (;;) {} } }',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'throw an error whose stack takes forever',
    'throw { get stack() { for (;;) {} } }',
    'STRATEGY_ERROR',
  ],
  ['errors', 'throw a proxy', 'throw new Proxy({}, { get() { throw 1 } })', 'STRATEGY_ERROR'],
  [
    'errors',
    'throw a revoked proxy',
    'const { proxy, revoke } = Proxy.revocable({}, {})\nrevoke()\nthrow proxy',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'throw an error with a message of megabytes',
    'throw new Error("x".repeat(5e6))',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'throw an error with a forged place',
    'const e = new Error("x")\ne.stack = "at f (strategy.ts:99999999:1)"\nthrow e',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'throw an error with a place that does not exist',
    'const e = new Error("x")\ne.stack = "at f (strategy.ts:-1:NaN)"\nthrow e',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'pretend to be out of memory',
    'const e = new InternalError("out of memory")\nthrow e',
    'STRATEGY_MEMORY',
  ],
  ['errors', 'pretend that the stack is over', 'throw new InternalError("stack overflow")', 'STRATEGY_STACK'],
  [
    'errors',
    'forge an error of the builder',
    'const e = new Error("x")\ne.details = JSON.stringify({ code: "__proto__", hint: { toString: 1 }, valid: 5, given: [] })\nthrow e',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'forge an error of the builder with a terminal in it',
    'const e = new Error("x")\ne.details = JSON.stringify({ code: "A\\u001b[2J", hint: "\\u001b[31m" })\nthrow e',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'throw an error with causes without an end',
    'const e = new Error("x")\ne.cause = e\nthrow e',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'throw many errors at once',
    'throw new AggregateError(Array.from({ length: 1e4 }, (_, i) => new Error(String(i))))',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'change how a stack is made',
    'Error.prepareStackTrace = () => { for (;;) {} }\nthrow new Error("x")',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'ask for an endless stack',
    'Error.stackTraceLimit = Infinity\nconst f = (n) => { if (n) f(n - 1); else throw new Error("deep") }\nf(500)',
    'STRATEGY_ERROR',
  ],
  [
    'errors',
    'reject a promise that nobody waits for',
    `${S}Promise.reject(new Error('x'))\n${OK}`,
    'STRATEGY',
  ],
  [
    'errors',
    'swallow every error and go on',
    `${S}for (let i = 0; i < 1e4; i++) try { field('close').sma(-i) } catch {}\n${OK}`,
    'STRATEGY or LIMIT',
  ],
  // --- time
  ['time', 'loop', 'for (;;) {}', 'LIMIT'],
  [
    'time',
    'loop and catch what stops it',
    'for (;;) try { for (;;) {} } catch {} finally { continue }',
    'LIMIT',
  ],
  [
    'time',
    'loop when it is turned into text',
    'export default { toString() { for (;;) {} }, toJSON() { for (;;) {} } }',
    'STRATEGY_EXPORT',
  ],
  [
    'time',
    'loop in a getter of what is exported',
    `${S}export default strategy({ get name() { for (;;) {} }, score: field('close'), select: { top: 1 } })`,
    'LIMIT',
  ],
  ['time', 'match a regular expression that explodes', '/^(a+)+$/.test("a".repeat(50) + "b")', 'LIMIT'],
  ['time', 'match another', '/(x+x+)+y/.test("x".repeat(60))', 'LIMIT'],
  ['time', 'sort without an end', '[3, 1, 2].sort(() => { for (;;) {} })', 'LIMIT'],
  [
    'time',
    'spread an endless iterator',
    'const g = function* () { for (;;) yield 1 }\nfor (const x of g()) ;',
    'LIMIT',
  ],
  [
    'time',
    'destructure an endless iterator',
    'const [...all] = { *[Symbol.iterator]() { for (;;) yield* [] } }',
    'LIMIT',
  ],
  ['time', 'wait in turns', 'for (;;) await null', 'LIMIT'],
  [
    'time',
    'wait for an async iterator without an end',
    'for await (const x of (async function* () { for (;;) yield 1 })()) ;',
    'LIMIT',
  ],
  ['time', 'count very far', 'let n = 0n\nwhile (n < 10n ** 30n) n++', 'LIMIT'],
  ['time', 'search through a claimed length', 'Array.prototype.indexOf.call({ length: 1e15 }, 1)', 'LIMIT'],
  [
    'time',
    'search backwards through a claimed length',
    'Array.prototype.lastIndexOf.call({ length: 1e15 }, 1)',
    'LIMIT',
  ],
  [
    'time',
    'ask a claimed length whether it contains something',
    'Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1)',
    'LIMIT',
  ],
  ['time', 'reverse a claimed length', 'Array.prototype.reverse.call({ length: 2 ** 53 - 1 })', 'LIMIT'],
  [
    'time',
    'copy within a claimed length',
    'Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 1, 0)',
    'LIMIT',
  ],
  ['time', 'join a claimed length', 'Array.prototype.join.call({ length: 2 ** 32 })', 'LIMIT'],
  [
    'time',
    'delete through a claimed length',
    'Array.prototype.splice.call({ length: 2 ** 53 - 1 }, 0, 1)',
    'LIMIT',
  ],
  ['time', 'turn into a number without an end', '+{ [Symbol.toPrimitive]() { for (;;) {} } }', 'LIMIT'],
  [
    'time',
    'loop in a proxy',
    'new Proxy({}, { has() { for (;;) {} } }).x in new Proxy({}, { has() { for (;;) {} } })',
    'LIMIT',
  ],
  ['time', 'loop while a class is made', 'class A { static { for (;;) {} } }', 'LIMIT'],
  ['time', 'compute with huge integers', 'let b = 3n\nfor (;;) b = (b * b) % (10n ** 20000n)', 'LIMIT'],
  // --- memory
  ['memory', 'push', 'const x = []\nfor (;;) x.push(new Array(1000).fill(1))', 'LIMIT'],
  ['memory', 'double a text', 'let s = "x"\nfor (;;) s = s + s + s.length', 'STRATEGY_ERROR'],
  ['memory', 'claim a huge array', 'new Array(2 ** 32 - 1).fill(0)', 'LIMIT'],
  ['memory', 'claim a huge buffer', 'new ArrayBuffer(2 ** 40)', 'STRATEGY_ERROR'],
  ['memory', 'fill buffers', 'const x = []\nfor (;;) x.push(new Float64Array(1e5).fill(1))', 'LIMIT'],
  ['memory', 'fill a map', 'const m = new Map()\nfor (let i = 0; ; i++) m.set(i, { i })', 'LIMIT'],
  ['memory', 'repeat a text', '"x".repeat(2 ** 30)', 'STRATEGY_ERROR'],
  ['memory', 'pad a text', '"x".padStart(2 ** 29, "ab")', 'LIMIT'],
  ['memory', 'shift an integer very far', '1n << 10000000000n', 'STRATEGY_ERROR'],
  ['memory', 'raise an integer very high', '2n ** 100000000n', 'STRATEGY_ERROR'],
  ['memory', 'split a long text', '"x,".repeat(5e6).split(",")', 'LIMIT'],
  ['memory', 'parse a long text', 'JSON.parse("[" + "1,".repeat(5e6) + "1]")', 'LIMIT'],
  ['memory', 'join what is long', 'new Array(1e8).join("x")', 'LIMIT'],
  [
    'memory',
    'keep closures',
    'const x = []\nfor (;;) { const y = new Array(100); x.push(() => y) }',
    'LIMIT',
  ],
  ['memory', 'keep promises', 'const x = []\nfor (;;) x.push(new Promise(() => {}))', 'LIMIT'],
  ['memory', 'spread what is long', 'Math.max(...new Array(1e7))', 'LIMIT'],
  // --- stack
  ['stack', 'call itself', 'const f = (n) => f(n + 1) + 1\nf(0)', 'LIMIT'],
  ['stack', 'call one another', 'const f = () => g() + 1, g = () => f() + 1\nf()', 'LIMIT'],
  ['stack', 'read itself', 'const o = { get a() { return this.a } }\no.a', 'LIMIT'],
  [
    'stack',
    'turn itself into text',
    'const o = { toString() { return `${this}` } }\n`${o}`',
    'STRATEGY_ERROR',
  ],
  [
    'stack',
    'nest arrays and write them',
    'let x = []\nfor (let i = 0; i < 1e5; i++) x = [x]\nJSON.stringify(x)',
    'LIMIT',
  ],
  [
    'stack',
    'nest arrays and flatten them',
    'let x = []\nfor (let i = 0; i < 1e5; i++) x = [x]\nx.flat(Infinity)',
    'LIMIT',
  ],
  ['stack', 'parse what is nested', 'JSON.parse("[".repeat(1e5))', 'STRATEGY_SYNTAX'],
  [
    'stack',
    'compile a nested regular expression',
    'new RegExp("(".repeat(1e5) + ")".repeat(1e5))',
    'STRATEGY_ERROR',
  ],
  ['stack', 'stack proxies', 'let p = {}\nfor (let i = 0; i < 1e5; i++) p = new Proxy(p, {})\np.x', 'LIMIT'],
  [
    'stack',
    'bind a bound function',
    'let f = () => 1\nfor (let i = 0; i < 1e5; i++) f = f.bind()\nf()',
    'LIMIT',
  ],
  ['stack', 'await itself', 'const f = async () => { await f() }\nawait f()', 'LIMIT'],
  // --- sources that hurt who reads them
  ['source', 'brackets a hundred thousand deep', R('(', 1e5), 'STRATEGY_TOO_LARGE'],
  ['source', 'brackets that are closed', `${R('(', 5e4)}1${R(')', 5e4)}`, 'STRATEGY_TOO_LARGE'],
  ['source', 'arrays a hundred thousand deep', R('[', 5e4) + R(']', 5e4), 'STRATEGY_TOO_LARGE'],
  ['source', 'a chain of nots', `const x = ${R('!', 2e5)}1`, 'STRATEGY_TOO_LARGE'],
  ['source', 'a sum of a hundred thousand terms', `const x = ${R('1+', 1e5)}1`, 'STRATEGY_TOO_LARGE'],
  ['source', 'a chain of members', `const x = a${R('.b', 1e5)}`, 'STRATEGY_TOO_LARGE'],
  ['source', 'a chain of arrows', `const f = ${R('a=>', 5e4)}1`, 'STRATEGY_TOO_LARGE'],
  ['source', 'a chain of conditions', `${R('if (1) ', 3e4)}1`, 'STRATEGY_TOO_LARGE'],
  ['source', 'nested templates', `${R('`${', 3e4)}1${R('}`', 3e4)}`, 'STRATEGY_TOO_LARGE'],
  ['source', 'nested functions', R('function f(){', 1e4) + R('}', 1e4), 'STRATEGY_TOO_LARGE'],
  ['source', 'nested types', `type T = ${R('Array<', 3e4)}1${R('>', 3e4)}`, 'STRATEGY_TOO_LARGE'],
  ['source', 'nested blocks', R('{', 1e5) + R('}', 1e5), 'STRATEGY_TOO_LARGE'],
  ['source', 'one line of a quarter of a million', `const x = "${R('x', 2e5)}"`, 'STRATEGY_EXPORT'],
  ['source', 'more than is read', `//${R('x', 3e5)}`, 'STRATEGY_TOO_LARGE'],
  ['source', 'ten megabytes', `${S}//${R('x', 1e7)}\n${OK}`, 'STRATEGY_TOO_LARGE'],
  ['source', 'nothing', '', 'STRATEGY_EXPORT'],
  ['source', 'spaces only', R(' \n', 1e4), 'STRATEGY_EXPORT'],
  ['source', 'zero bytes', '\0\0\0', 'STRATEGY_SYNTAX'],
  ['source', 'zero bytes between', `${S}\0${OK}`, 'STRATEGY_SYNTAX'],
  ['source', 'half a character', `${S}const x = '\ud800'\n${OK}`, 'STRATEGY'],
  ['source', 'separators that are line ends elsewhere', `${S}const x = 'a\u2028b'\n${OK}`, 'STRATEGY'],
  ['source', 'a comment of HTML', `<!-- x\n${S}${OK}`, 'STRATEGY_SYNTAX'],
  ['source', 'a first line for a shell', `#!/bin/sh\n${S}${OK}`, 'STRATEGY'],
  ['source', 'a mark of byte order', `\ufeff${S}${OK}`, 'STRATEGY'],
  ['source', 'text that runs backwards', `${S}/* \u202e } if (false) { \u2066 */\n${OK}`, 'STRATEGY'],
  [
    'source',
    'Python',
    'import pandas as pd\n\ndef strategy(data):\n    return data.close.rolling(20).mean()\n',
    'STRATEGY_SYNTAX',
  ],
  ['source', 'HTML', '<!doctype html><script>1</script>', 'STRATEGY_SYNTAX'],
  ['source', 'a sentence', 'Here is a strategy that buys low and sells high.', 'STRATEGY_SYNTAX'],
  ['source', 'JSON', '{ "version": 1, "nodes": [] }', 'STRATEGY_SYNTAX'],
  [
    'source',
    'enums, namespaces and decorators',
    `${S}enum A { B }\nnamespace N { export const x = 1 }\n${OK}`,
    'STRATEGY',
  ],
  [
    'source',
    'a declaration of the global',
    `${S}declare global { var process: any }\nif (globalThis.process?.env) throw new Error('ESCAPED')\n${OK}`,
    'STRATEGY_ERROR',
  ],
  [
    'source',
    'an export in the old way',
    `${S}export = strategy({ score: field('close'), select: { top: 1 } })`,
    'STRATEGY_ERROR',
  ],
  ['source', 'JSX', `${S}const x = <div>{1}</div>\n${OK}`, 'STRATEGY_SYNTAX'],
  ['source', 'with', `${S}with (globalThis) { x }\n${OK}`, 'STRATEGY_SYNTAX'],
  ['source', 'a label and a jump', `${S}outer: for (;;) { for (;;) break outer }\n${OK}`, 'STRATEGY'],
  ['source', 'the same name twice', `${S}const field = 1\n${OK}`, 'STRATEGY_SYNTAX'],
  ['source', 'names of the language', `${S}const let = 1, await = 2\n${OK}`, 'STRATEGY_SYNTAX'],
]

export const ATTACKS: readonly Attack[] = [...PROGRAMS, ...FURTHER_PROGRAMS].map(
  ([category, tries, source, ends]) => ({
    category,
    tries,
    source,
    language: category === 'json' ? 'json' : category === 'plain JavaScript' ? 'js' : 'ts',
    ends,
  }),
)
