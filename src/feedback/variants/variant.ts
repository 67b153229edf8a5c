/** The ways of asking a model for a strategy, by their names in settings and records. */
export const VARIANT_NAMES = ['explore', 'exploit', 'repair', 'crossover', 'simplify'] as const
export type VariantName = (typeof VARIANT_NAMES)[number]

/**
 * One way of asking. Whatever a model reads of it is data: who changes `instruction`, `needs` or `shows` raises
 * `version`, so that records made before and after can be told apart.
 */
export interface PromptVariant {
  readonly name: VariantName
  /** 1, 2, …; stands in the record of each iteration that used it. */
  readonly version: number
  /** Share of the questions, beside those of the other variants whose needs are met. */
  readonly weight: number
  /** What there must be for it to make sense. */
  readonly needs: {
    readonly champion?: true
    /** Nodes of the champion at least. */
    readonly championNodes?: number
    /** Two scored strategies to be parents. */
    readonly parents?: true
    /** A strategy that failed, with its code. */
    readonly failure?: true
  }
  /** What it shows beside task, champion, feedback and failures. */
  readonly shows: readonly ('ablation' | 'alternatives' | 'parents' | 'failure')[]
  /** What to do this time. */
  readonly instruction: string
}
