import { FUNCTION_GLOBALS, HIDDEN_PROPERTIES } from '../graph/window-function/words.js'

/** Properties that let a function see more than its windows, or the machine it runs on. */
const REMOVED = [...HIDDEN_PROPERTIES, 'byteLength', 'localeCompare', 'random', 'toLocaleString', 'toString']

/**
 * Script that makes a realm fit for window functions. What is left of it cannot be changed, so that no call can leave
 * anything behind for the next:
 * 1. Every object that a program can reach, by names or by what the language makes, is found.
 * 2. Ways out of a value are taken away from all of them: to code from text, to the memory behind a window, to chance.
 * 3. Globals but for a few are taken away.
 * 4. All that is left is frozen.
 *
 * Its value makes the driver: with the function, the length of a window and how often the function may be called at
 * once, it gives what takes a buffer of windows and how many calls these are for, and gives the buffer with the results.
 * @param inputs windows that the function takes
 */
export const windowRealm = (inputs: number): string => `(() => {
  'use strict'
  const { getOwnPropertyDescriptor, getPrototypeOf, freeze, preventExtensions } = Object
  const { ownKeys } = Reflect
  const world = globalThis
  const Numbers = Float64Array
  const Buffer = ArrayBuffer
  const Mistake = TypeError
  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function'

  const reachable = new Set()
  const open = [
    world, [], {}, () => {}, function () {}, function* () {}, '', 0, true, Symbol.iterator, new Map(), new Set(),
    [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ''[Symbol.iterator](),
    (function* () {})(), getPrototypeOf(new Numbers(1)), (() => { try { null.x } catch (error) { return error } })(),
    (function () { return arguments })(),
  ].map((value) => (isObject(value) ? value : getPrototypeOf(value)))
  while (open.length > 0) {
    const object = open.pop()
    if (reachable.has(object)) continue
    reachable.add(object)
    const found = [getPrototypeOf(object)]
    for (const key of ownKeys(object)) {
      const { value, get, set } = getOwnPropertyDescriptor(object, key)
      found.push(value, get, set)
    }
    for (const value of found) if (isObject(value)) open.push(value)
  }

  const removed = ${JSON.stringify(REMOVED)}
  for (const object of reachable)
    for (const key of removed) {
      const own = getOwnPropertyDescriptor(object, key)
      if (own !== undefined && own.configurable) delete object[key]
    }
  const kept = ${JSON.stringify(FUNCTION_GLOBALS)}
  for (const key of ownKeys(world)) if (!kept.includes(key)) delete world[key]
  for (const object of reachable) freeze(object)

  const numberFrom = (value) => {
    if (value === undefined || value === null) return NaN
    if (typeof value === 'boolean') return value ? 1 : 0
    const nouns = { string: 'a text', function: 'a function', object: 'an object' }
    throw new Mistake('it must return a number, not ' + (nouns[typeof value] ?? 'a ' + typeof value))
  }

  return (fn, n, room) => {
    const all = new Numbers(room * n * ${inputs})
    const store = new Buffer(room * 8)
    const results = new Numbers(store)
    // Its values are written anew before each call; there is nothing else on it, and nothing can be put there.
    const windows = []
    for (let k = 0; k < room * ${inputs}; k++) windows.push(preventExtensions(all.subarray(k * n, k * n + n)))
    for (const key of ownKeys(fn)) {
      const { value } = getOwnPropertyDescriptor(fn, key)
      if (isObject(value)) freeze(value)
    }
    freeze(fn)
    return (buffer, count) => {
      all.set(new Numbers(buffer))
      for (let k = 0, w = 0; k < count; k++, w += ${inputs}) {
        const value = fn(${Array.from({ length: inputs }, (_, i) => `windows[w + ${i}]`).join(', ')})
        results[k] = typeof value === 'number' ? value : numberFrom(value)
      }
      return store
    }
  }
})()`
