/**
 * Script that runs first in every realm and takes away what would make a program's result depend on anything but its
 * text: time, chance, the garbage collector, and code made from text. What is gone says why when it is used.
 */
export const LOCKDOWN = `(() => {
  'use strict'
  const define = Object.defineProperty
  const fixed = (object, key, value) =>
    define(object, key, { value, writable: false, enumerable: false, configurable: false })
  const refuse = (message) => {
    const thrower = () => { throw new TypeError(message) }
    return new Proxy(function () {}, { apply: thrower, construct: thrower, get: thrower, set: thrower })
  }

  fixed(globalThis, 'Date', refuse('there is no clock in here: a strategy sees time through calendar(…) only'))
  for (const name of ['performance', 'setTimeout', 'setInterval', 'queueMicrotask', 'requestAnimationFrame'])
    fixed(globalThis, name, refuse('there is no clock in here, so there is no ' + name))
  fixed(Math, 'random', () => {
    throw new TypeError('there is no randomness in here: the same strategy must always be the same graph')
  })
  fixed(globalThis, 'crypto', refuse('there is no randomness in here: the same strategy must always be the same graph'))
  for (const name of ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics']) delete globalThis[name]
  for (const name of ['process', 'require', 'fetch', 'Deno', 'Bun', 'navigator', 'window', 'document'])
    fixed(globalThis, name, refuse('there is no ' + name + ' in here: a strategy has no files, no network and no process'))
  fixed(globalThis, 'console', refuse('there is no console in here: the only effect of a strategy is the graph that it returns'))

  const noCode = 'code cannot be made from text in here'
  const makers = [
    function () {}, function* () {}, async function () {}, async function* () {},
  ].map((f) => Object.getPrototypeOf(f))
  const refused = refuse(noCode)
  for (const prototype of makers) fixed(prototype, 'constructor', refused)
  fixed(globalThis, 'Function', refused)
  fixed(globalThis, 'eval', () => { throw new TypeError(noCode) })
})()`
