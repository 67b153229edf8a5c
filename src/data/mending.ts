import type { IssueCode } from './dataset.js'

/** What to do about each kind of issue, in one clause: the hint of an issue that has no closer one. */
export const MENDING: Readonly<Record<IssueCode, string>> = {
  BAD_DATE: 'write dates as 2020-01-31; --columns date=… if another column holds them',
  BAD_NUMBER: 'write plain numbers, and leave a missing value empty',
  BAD_ROW: 'quote texts that hold the separator, and end every row like the header',
  SYMBOL_MISSING: 'give every row its symbol; --columns symbol=… if another column holds it',
  DUPLICATE_CONFLICT: 'keep the right one of them in the file',
  PRICE_NOT_POSITIVE: 'leave a price that is not known empty',
  DUPLICATE_EQUAL: 'one of each is used; nothing to mend',
  HIGH_BELOW_LOW: 'are the columns of high and low swapped?',
  OUTSIDE_RANGE: 'are some of the prices adjusted and others not?',
  LARGE_MOVE: 'a split or spin-off that is not adjusted? give adj_close, or factors with --adjustments',
  GAP: 'halted, or lost in the export? rules count bars, not days, so fill in bars that are lost',
  ENDS_EARLY: 'right for a delisting; otherwise fetch the rest',
  VOLUME_ZERO: 'a price of such a bar may be an old one; leave bars without a trade out',
  WEEKEND: 'right for a market that trades every day; otherwise look at the time zone of the dates',
  MIXED_TIME_ZONES:
    'right for summer and winter time of one place; otherwise write all times in one zone, or only the day',
  ADJ_CLOSE_MISSING: 'fill in adj_close, or take prices as they are: --unadjusted',
  NUMBER_COLUMN_IGNORED:
    'a number without a date would be known before it was so: give it dates, or name it a group with --groups',
  AVAILABLE_EARLY: 'are the two dates swapped? The values count from the end of the period on',
  AVAILABLE_MISSING: 'fill in the day from which they were known',
  JOIN_UNMATCHED:
    'right for a table that is larger than the prices; otherwise compare the spelling of symbols and the days',
  UNIVERSE_UNKNOWN: 'right for members without prices; otherwise compare the spelling of symbols',
  UNIVERSE_OVERLAP: 'they were merged; nothing to mend if both are right',
  NOT_ADJUSTED: 'right for symbols without splits and dividends; otherwise add their factors',
  TICKER_UNCLAIMED:
    'right for bars of other companies that had the ticker; otherwise add the spell to the table',
  TICKER_UNKNOWN: 'right for tickers that never changed; otherwise add them to the table',
  DATES_AS_GROUP: 'right for dates that never change; otherwise say which one is the date of a row',
  DATE_FAR_AHEAD: 'a slip in the year? It makes bars of its own, which rules count',
  SYMBOL_ZEROS: 'a spreadsheet takes zeros away: if they are one company, write its code in one way',
  GROUP_INCOMPLETE:
    'such symbols belong to no group; right if they have none, otherwise compare the spelling of symbols',
  FILE_WITHOUT_ROWS: 'was the export cut short? Fill it, or take it out of the folder',
  TEXT_COLUMN_IGNORED: 'right for a name or a note; a group has few different values',
}

/** In place of the usual hint where the rows that differ are of different times of one day. */
export const INTRADAY = 'times of day differ: intraday bars are not supported; keep one bar a day'
