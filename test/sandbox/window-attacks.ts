/**
 * Window functions that try to be more than functions of their windows. `text` is what a strategy's author would write;
 * `says` is what the reader tells him, where it refuses the text.
 */
export interface WindowAttack {
  readonly tries: string
  readonly text: string
  readonly says: RegExp
}

/** Refused before anything runs. */
export const REFUSED: readonly WindowAttack[] = [
  {
    tries: 'state in a closure',
    text: '(() => { let k = 0; return (x) => ++k })()',
    says: /not one function/,
  },
  { tries: 'a name from outside', text: '(x) => x[0] * SCALE', says: /SCALE is not known/ },
  { tries: 'an assignment outside', text: '(x) => (last = x[0])', says: /last is not known/ },
  { tries: 'this', text: 'function f(x) { this.k = 1; return 1 }', says: /no this/ },
  { tries: 'globalThis', text: '(x) => (globalThis.k = 1)', says: /globalThis is not known/ },
  { tries: 'state in a default parameter', text: '(x, seen = new Set()) => seen.size', says: /one name/ },
  { tries: 'a generator', text: 'function* f(x) { yield 1 }', says: /no generator/ },
  { tries: 'a promise', text: 'async (x) => 1', says: /no async/ },
  { tries: 'Promise', text: '(x) => { Promise.resolve() }', says: /Promise is not known/ },
  { tries: 'an import', text: "(x) => import('node:fs')", says: /imports nothing/ },
  { tries: 'its module', text: '(x) => import.meta.url', says: /nothing of its module/ },
  {
    tries: 'what failed, to know the memory',
    text: '(x) => { try { x.y.z } catch { return 1 } }',
    says: /catches nothing/,
  },
  { tries: 'an error of its own', text: '(x) => { throw x[0] }', says: /throws nothing/ },
  { tries: 'the cache of a template', text: '(x) => ((t) => t)`a`', says: /no tagged templates/ },
  { tries: 'lastIndex of a pattern', text: '(x) => /a/g.test(x[0])', says: /no regular expressions/ },
  { tries: 'chance', text: '(x) => Math.random()', says: /Math has no random/ },
  { tries: 'the clock', text: '(x) => Date.now()', says: /Date is not known/ },
  { tries: 'a class', text: '(x) => { class A { static k = 0 } return ++A.k }', says: /no classes/ },
  {
    tries: 'the memory behind a window',
    text: '(x) => new Float64Array(x.buffer).length',
    says: /\.buffer is not there/,
  },
  {
    tries: 'code from text',
    text: "(x) => x.map.constructor('return 1')()",
    says: /\.constructor is not there/,
  },
  { tries: 'eval', text: "(x) => eval('1')", says: /eval is not known/ },
  { tries: 'arguments', text: 'function f(x) { return arguments.length }', says: /arguments is not known/ },
  {
    tries: 'a prototype',
    text: '(x) => { Array.prototype.k = 1; return 1 }',
    says: /\.prototype is not there/,
  },
  {
    tries: 'another receiver',
    text: '(x) => [].indexOf.call({ length: 1e15 }, 1)',
    says: /\.call is not there/,
  },
  { tries: 'Symbol.for', text: "(x) => Symbol.for('k')", says: /Symbol is not known/ },
  { tries: 'shared memory', text: '(x) => Atomics.load(x, 0)', says: /Atomics is not known/ },
  { tries: 'a getter', text: '(x) => ({ get k() { return 1 } }).k', says: /no methods/ },
  { tries: 'a prototype of its own', text: '(x) => ({ __proto__: Math }).abs(1)', says: /no prototype/ },
  { tries: 'two programs', text: '(x) => 1); ((x) => 2', says: /not one function/ },
  { tries: 'a statement behind it', text: '(x) => 1\n); leak = 1; (0', says: /not one function/ },
  { tries: 'a comment that swallows the rest', text: '(x) => 1 /*', says: /cannot be read/ },
  { tries: 'deleting', text: '(x) => delete x.length', says: /deletes nothing/ },
  { tries: 'another kind of thing', text: '(x) => new WeakMap()', says: /new makes only/ },
  { tries: 'a loop over names', text: '(x) => { for (const k in Math) return 1 }', says: /runs over names/ },
  { tries: 'a debugger', text: '(x) => { debugger }', says: /not for window functions/ },
  { tries: 'its caller', text: 'function f(x) { return f.caller }', says: /\.caller is not there/ },
]

/**
 * What would be left if the reader let everything pass: run as it stands, each must give the same for equal windows, or
 * nothing at all.
 */
export const STATEFUL: readonly Omit<WindowAttack, 'says'>[] = [
  { tries: 'a counter on the function', text: 'function f(x) { f.k = (f.k ?? 0) + 1; return f.k }' },
  {
    tries: 'a counter on its prototype',
    text: 'function f(x) { f.prototype.k = (f.prototype.k ?? 0) + 1; return f.prototype.k }',
  },
  { tries: 'a counter on the window', text: '(x) => { x.k = (x.k ?? 0) + 1; return x.k }' },
  {
    tries: 'a hidden key on the window',
    text: "(x) => { const k = 'a' + 'b'; x[k] = (x[k] ?? 0) + 1; return x[k] }",
  },
  { tries: 'more values in the window', text: '(x) => { x[99] = 1; return x[99] }' },
  { tries: 'a counter on Math', text: '(x) => { Math.k = (Math.k ?? 0) + 1; return Math.k }' },
  {
    tries: 'a counter on a function of the language',
    text: '(x) => { x.map.k = (x.map.k ?? 0) + 1; return x.map.k }',
  },
  {
    tries: 'a counter on Array.prototype',
    text: "(x) => { const p = Array['proto' + 'type']; p.k = (p.k ?? 0) + 1; return p.k }",
  },
  { tries: 'a changed method', text: "(x) => { Array['prototype'].at = () => 7; return [1].at(0) }" },
  { tries: 'a deleted method', text: "(x) => { delete Array['prototype'].at; return [1].at ? 1 : 2 }" },
  { tries: 'a global', text: '(x) => { globalThis.k = (globalThis.k ?? 0) + 1; return globalThis.k }' },
  {
    tries: 'a global through a plain function',
    text: '(x) => { const me = (function () { return this })(); me.k = (me.k ?? 0) + 1; return me.k }',
  },
  { tries: 'the Function constructor', text: "(x) => x.map['constr' + 'uctor']('return this')().k" },
  {
    tries: 'the constructor of generators',
    text: "(x) => (function* () {})['constructor']('yield 1')().next().value",
  },
  { tries: 'the memory behind the window', text: "(x) => new Float64Array(x['buf' + 'fer']).length" },
  { tries: 'where the window stands', text: "(x) => x['byteOffset']" },
  {
    tries: 'values before and after the window',
    text: '(x) => x.subarray(-99, 99).length + (x[-1] ?? 0) + (x[9] ?? 0)',
  },
  {
    tries: 'the prototype of an iterator',
    text: "(x) => { const p = x.values()['__proto__']; p.k = (p.k ?? 0) + 1; return p.k }",
  },
  { tries: 'a getter on everything', text: "(x) => { ({})['__defineGetter__']('k', () => 1); return 1 }" },
  { tries: 'a symbol that is shared', text: "(x) => Symbol.for('k').description.length" },
  {
    tries: 'a weak map on a template',
    text: '(x) => { const t = ((s) => s)`a`; t.k = (t.k ?? 0) + 1; return t.k }',
  },
  {
    tries: 'lastIndex of a pattern',
    text: '(x) => { const r = /a/g; return r.test("aa") ? r.lastIndex : 0 }',
  },
  { tries: 'a static field', text: '(x) => { class A { static k = 0 } A.k++; return A.k }' },
  { tries: 'chance', text: "(x) => Math['ran' + 'dom']()" },
  { tries: 'the clock', text: '(x) => Date.now()' },
  { tries: 'performance', text: '(x) => performance.now()' },
  {
    tries: 'a promise that counts',
    text: '(x) => { let k = 0; Promise.resolve().then(() => k++); return k }',
  },
  { tries: 'shared memory', text: '(x) => new SharedArrayBuffer(8).byteLength' },
  { tries: 'a weak reference', text: '(x) => (new WeakRef({}).deref() ? 1 : 0)' },
  {
    tries: 'the depth of the stack',
    text: '(x) => { let d = 0; const f = () => { d++; f() }; try { f() } catch { } return d }',
  },
  { tries: 'the stack of an error', text: '(x) => { try { null.x } catch (e) { return e.stack.length } }' },
  { tries: 'an object for a number', text: '(x) => ({ valueOf() { return 1 } })' },
  { tries: 'the driver above it', text: 'function f(x) { return f.caller ? 1 : 0 }' },
  { tries: 'the arguments of the driver', text: 'function f(x) { return arguments.callee ? 1 : 0 }' },
  { tries: 'the source of others', text: '(x) => x.map.toString().length' },
  { tries: 'arrays that remember', text: '(x) => { const a = []; a.push(1); return a.length }' },
]
