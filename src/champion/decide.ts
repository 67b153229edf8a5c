import {
  atLeast,
  calmarGate,
  chanceGate,
  clause,
  clauses,
  failed,
  type Gate,
  type GateResult,
  isFailed,
  levelGate,
  marginGate,
  riskGates,
} from './gates.js'
import { figure, metricOf, OBJECTIVES, objectiveOf, percent, type Quantity } from './objective.js'
import type { ChampionPolicy, Contender, DecisionContext } from './policy.js'

export type ChampionDecision =
  | {
      readonly updated: true
      readonly by: 'first' | 'margin' | 'tie'
      readonly because: string
      readonly gates: readonly GateResult[]
    }
  | {
      readonly updated: false
      readonly gate: Gate
      readonly because: string
      readonly gates: readonly GateResult[]
    }

/**
 * Decides whether a challenger becomes champion. Gates in order; the first that fails is the decision's `gate`:
 *
 * 1. `level`: only LEVEL_3 can.
 * 2. `undefined`: the objective has a value on validation.
 * 3. `first`: without a champion, the objective is at least `firstSharpe`. (A champion whose own objective has no
 *    value cannot be compared: the challenger is judged as a first one.)
 * 4. `margin`: objective ≥ champion + max(absolute, share · |champion|).
 * 5. `calmar`: ≥ champion − tolerance · |champion|, no drawdown counting as infinite.
 * 6. `drawdown`: |max drawdown| ≤ (1 + tolerance) · the champion's.
 * 7. `chance`: the paired stationary bootstrap gives at least `minChance`. Drawn only when all others pass.
 *
 * Equal objectives (within `tie`) need no margin and no chance, which no equal could show: the smaller |drawdown| wins,
 * or an equal one with a smaller graph; the Calmar gate holds for them too. A Calmar or drawdown that is undefined on
 * either side is not judged, and the sentence says why. Throws, and gives no verdict, when the return series cannot be
 * compared (`RETURNS_UNUSABLE`) or activeSharpe lacks the benchmark's (`BENCHMARK_RETURNS_MISSING`).
 */
export function decideChampion(
  champion: Contender | null,
  challenger: Contender,
  policy: ChampionPolicy,
  context: DecisionContext,
): ChampionDecision {
  const { label } = OBJECTIVES[policy.objective]
  const gates: GateResult[] = [levelGate(challenger)]
  if (gates[0]!.verdict === 'failed') return refuse(gates)

  const value = objectiveOf(challenger.validation, policy.objective)
  if (!value.defined) {
    gates.push(failed('undefined', `its validation ${label} is undefined (${clause(value.because)})`))
    return refuse(gates)
  }
  const held = champion && objectiveOf(champion.validation, policy.objective)
  if (!champion || !held?.defined) {
    const first = atLeast(
      'first',
      value.value,
      policy.firstSharpe,
      `validation ${label} ${figure(value.value)}, and a first champion needs ${figure(policy.firstSharpe)}`,
    )
    gates.push(first)
    const preface =
      held && !held.defined
        ? `The champion's own validation ${label} is undefined (${clause(held.because)}), so this is judged as a first one. `
        : ''
    return first.verdict === 'failed'
      ? refuse(gates, preface)
      : { updated: true, by: 'first', because: `${preface}First champion: ${first.because}.`, gates }
  }

  if (isTie(value.value, held.value, policy.tie ?? TIE))
    return decideTie(champion, challenger, policy, gates, label)
  gates.push(marginGate(value.value, held.value, policy, context, label))
  gates.push(...riskGates(champion, challenger, policy))
  gates.push(chanceGate(champion, challenger, policy, context, gates.some(isFailed)))
  if (gates.some(isFailed)) return refuse(gates)
  return { updated: true, by: 'margin', because: `Takes over: ${clauses(gates)}.`, gates }
}

/** What counts as equal where the policy does not say. */
const TIE = 1e-9

function decideTie(
  champion: Contender,
  challenger: Contender,
  policy: ChampionPolicy,
  gates: GateResult[],
  label: string,
): ChampionDecision {
  const tie = policy.tie ?? TIE
  const equal = `validation ${label} equals the champion's within ${tie}`
  const calmar = calmarGate(champion, challenger, policy)
  const own = metricOf(challenger.validation, 'maxDrawdown')
  const held = metricOf(champion.validation, 'maxDrawdown')
  if (!own.defined || !held.defined) {
    const whose = own.defined ? "the champion's" : 'its'
    const why = own.defined ? (held as Undefined).because : own.because
    gates.push(
      failed(
        'margin',
        `${equal}, and ${whose} max drawdown is undefined (${clause(why)}), so nothing breaks the tie`,
      ),
    )
    return refuse(gates)
  }
  const lead = Math.abs(held.value) - Math.abs(own.value)
  const depths = `its drawdown is ${percent(Math.abs(own.value))} and the champion's ${percent(Math.abs(held.value))}`
  const sizes = `its graph has ${challenger.nodes} nodes and the champion's ${champion.nodes}`
  const reason =
    lead > tie
      ? `${depths}`
      : lead >= -tie && challenger.nodes < champion.nodes
        ? `${depths}, and ${sizes}`
        : undefined
  gates.push(
    reason === undefined
      ? failed(
          'margin',
          `${equal}, but ${depths}, and ${sizes}: neither is smaller in the way that breaks a tie`,
        )
      : {
          gate: 'margin',
          verdict: 'notJudged',
          value: null,
          limit: null,
          because: `${equal}, and ${reason}`,
        },
    calmar,
  )
  if (gates.some(isFailed)) return refuse(gates)
  return { updated: true, by: 'tie', because: `Takes over by the tie-break: ${clauses(gates)}.`, gates }
}

type Undefined = Extract<Quantity, { defined: false }>

const isTie = (a: number, b: number, within: number): boolean => a === b || Math.abs(a - b) <= within

/** The refusal by the first gate that failed; gates that failed too, or could not be judged, are named with it. */
function refuse(gates: readonly GateResult[], preface = ''): ChampionDecision {
  const first = gates.find(isFailed)!
  const others = gates.filter((gate) => gate !== first && (isFailed(gate) || gate.verdict === 'notJudged'))
  const also = others.length > 0 ? `; also: ${clauses(others)}` : ''
  return {
    updated: false,
    gate: first.gate,
    because: `${preface}Not champion (${first.gate}): ${first.because}${also}.`,
    gates,
  }
}
