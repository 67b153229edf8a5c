import { signatureOf } from '../graph/check-node.js'
import type { PortType } from '../graph/node.js'
import type { InputSpec, OperatorDefinition } from '../graph/operator.js'
import { REGISTRY } from '../graph/registry.js'
import { SETTINGS, type SettingSpec } from './settings.js'

export interface ParamSignature {
  readonly name: string
  readonly kind: 'integer' | 'number' | 'choice' | 'text' | 'function'
  /** Absent where there is no bound. */
  readonly min?: number
  readonly max?: number
  readonly choices?: readonly string[]
  readonly default?: number | string
}

/** An operator as plain data that survives JSON: what the builder needs of it, on the host and in the sandbox. */
export interface Signature {
  readonly name: string
  /** Name of the function that authors call: the operator's, unless JavaScript reserves that. */
  readonly call: string
  readonly category: OperatorDefinition['category']
  readonly inputs: readonly InputSpec[]
  readonly params: readonly ParamSignature[]
  readonly outputs?: readonly string[]
  /** Type of the result; `widest` is a vector where all inputs are vectors, else a panel. */
  readonly result: PortType | 'widest'
  /** How it is called, for messages. */
  readonly text: string
  readonly doc: string
}

export interface BuilderTable {
  readonly operators: readonly Signature[]
  readonly settings: Readonly<Record<string, SettingSpec>>
  /** Nodes that one program may make; a loop that goes astray ends here. */
  readonly maxNodes: number
}

/** Operators whose name cannot be a variable. */
const RESERVED_CALLS: Readonly<Record<string, string>> = { var: 'variance' }

/** Name of the function for an operator: `variance` for `var`, its own name for every other. */
export const callName = (operator: string): string => RESERVED_CALLS[operator] ?? operator

let table: BuilderTable | undefined

/** The builder's vocabulary, derived from the registry. */
export function builderTable(): BuilderTable {
  table ??= {
    operators: [...REGISTRY.values()].map(signature),
    settings: SETTINGS,
    maxNodes: 20_000,
  }
  return table
}

function signature(definition: OperatorDefinition): Signature {
  return {
    name: definition.name,
    call: callName(definition.name),
    category: definition.category,
    inputs: definition.inputs,
    params: definition.params.map((param) => {
      if (param.kind === 'text' || param.kind === 'function') return { name: param.name, kind: param.kind }
      const fallback = param.default === undefined ? {} : { default: param.default }
      if (param.kind === 'choice')
        return { name: param.name, kind: param.kind, choices: param.choices, ...fallback }
      return {
        name: param.name,
        kind: param.kind,
        ...(Number.isFinite(param.min) ? { min: param.min } : {}),
        ...(Number.isFinite(param.max) ? { max: param.max } : {}),
        ...fallback,
      }
    }),
    ...(definition.outputs === undefined ? {} : { outputs: definition.outputs }),
    result: resultOf(definition),
    text: signatureOf(definition).replace(definition.name, callName(definition.name)),
    doc: definition.doc,
  }
}

/** Says an operator's `type` function as data, by asking it for all panels and for all vectors. */
function resultOf({ inputs, type }: OperatorDefinition): Signature['result'] {
  const widePanel = type(inputs.map((spec) => (spec.type === 'numeric' ? 'panel' : spec.type)))
  const narrow = type(inputs.map((spec) => (spec.type === 'numeric' ? 'vector' : spec.type)))
  return widePanel === narrow ? widePanel : 'widest'
}
