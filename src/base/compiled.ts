/** Memory of a compiled module, in pages of 64 KiB; its buffer is another one after it has grown. */
export interface CompiledMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

// The types of the language alone do not know the engine's global object.
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (pages: { initial: number }) => CompiledMemory
    Module: new (bytes: Uint8Array) => unknown
    Instance: new (module: unknown, imports: object) => { readonly exports: unknown }
  }
}

/** Compiled once, however many memories it works in. */
const modules = new Map<string, unknown>()

/** A WebAssembly module (base64) that works in a memory of its own, of so many pages to begin with. */
export function startCompiled(
  text: string,
  pages = 1,
): { readonly memory: CompiledMemory; readonly exports: unknown } {
  let module = modules.get(text)
  if (module === undefined) {
    module = new WebAssembly.Module(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
    modules.set(text, module)
  }
  const memory = new WebAssembly.Memory({ initial: pages })
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  return { memory, exports }
}
