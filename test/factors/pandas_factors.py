"""The named factors once more, written with pandas from their sources: frames are bars x symbols.

Reads {"fields": {name: rows}, "groups": {name: codes}, "bars": k} from stdin and prints {call: rows of the last k
bars}. Windows give a value once they are full.
"""
import json
import sys

import numpy as np
import pandas as pd

given = json.load(sys.stdin)
F = {name: pd.DataFrame(rows, dtype=float) for name, rows in given["fields"].items()}
open_, high, low, close, volume, vwap, cap = (
    F[name] for name in ["open", "high", "low", "close", "volume", "vwap", "cap"]
)
G = {name: np.array(codes) for name, codes in given["groups"].items()}
returns = close / close.shift(1) - 1


def rank(x):
    return x.rank(axis=1, pct=True)


def delay(x, d):
    return x.shift(int(d))


def delta(x, d):
    return x - x.shift(int(d))


def correlation(x, y, d):
    return x.rolling(int(d)).corr(y).replace([np.inf, -np.inf], np.nan)


def rank_correlation(x, y, d):
    still = (x.rolling(int(d)).max() == x.rolling(int(d)).min()) | (
        y.rolling(int(d)).max() == y.rolling(int(d)).min()
    )
    return correlation(x, y, d).mask(still, 0)


def covariance(x, y, d):
    return x.rolling(int(d)).cov(y)


def scale(x, a=1):
    return x.mul(a).div(x.abs().sum(axis=1), axis=0)


def roll(x, d, f):
    return x.rolling(int(d)).apply(f, raw=True)


def decay_linear(x, d):
    weights = np.arange(1, int(d) + 1)
    return roll(x, d, lambda w: (w * weights).sum() / weights.sum())


def indneutralize(x, g):
    return x.apply(lambda row: row - row.groupby(G[g]).transform("mean"), axis=1)


def ts_min(x, d):
    return x.rolling(int(d)).min()


def ts_max(x, d):
    return x.rolling(int(d)).max()


def newest_first(argument):
    return lambda w: len(w) - argument(w[::-1])


def ts_argmax(x, d):
    return roll(x, d, newest_first(np.argmax))


def ts_argmin(x, d):
    return roll(x, d, newest_first(np.argmin))


def ts_rank(x, d):
    return x.rolling(int(d)).rank(pct=True)


def sum_(x, d):
    return x.rolling(int(d)).sum()


def product(x, d):
    return roll(x, d, np.prod)


def stddev(x, d):
    return x.rolling(int(d)).std()


def adv(d):
    return (close * volume).rolling(d).mean()


def less(a, b):
    return (a < b).astype(float).where(a.notna() & b.notna())


def if_(condition, a, b, *known):
    """a where the condition holds, else b; missing where what the condition reads is."""
    a, b = (x if isinstance(x, pd.DataFrame) else close * 0 + x for x in (a, b))
    out = a.where(condition, b)
    for x in known:
        out = out.where(x.notna())
    return out


def least(a, b):
    return a.where(a < b, b).where(a.notna() & b.notna())


def most(a, b):
    return a.where(a > b, b).where(a.notna() & b.notna())


def alpha_1():
    x = if_(returns < 0, stddev(returns, 20), close, stddev(returns, 20))
    return rank(ts_argmax(x**2, 5)) - 0.5


def alpha_7():
    moved = -ts_rank(delta(close, 7).abs(), 60) * np.sign(delta(close, 7))
    return if_(adv(20) < volume, moved, -1, adv(20))


def alpha_21():
    relative = volume / adv(20)
    mean8, dev8, mean2 = sum_(close, 8) / 8, stddev(close, 8), sum_(close, 2) / 2
    return if_(mean8 + dev8 < mean2, -1, if_(mean2 < mean8 - dev8, 1, if_(relative >= 1, 1, -1)), relative)


def alpha_24():
    x = delta(sum_(close, 100) / 100, 100) / delay(close, 100)
    return if_(x <= 0.05, -(close - ts_min(close, 100)), -delta(close, 3), x)


def alpha_27():
    x = rank(sum_(rank_correlation(rank(volume), rank(vwap), 6), 2) / 2.0)
    return if_(x > 0.5, -1, 1, x)


def alpha_9(d=5):
    up, down = ts_min(delta(close, 1), d), ts_max(delta(close, 1), d)
    return if_((up > 0) | (down < 0), delta(close, 1), -delta(close, 1), up)


def bend():
    return (delay(close, 20) - delay(close, 10)) / 10 - (delay(close, 10) - close) / 10


def alpha_49(limit):
    return if_(bend() < limit, 1, -(close - delay(close, 1)), bend())


def mixed(a, w, b):
    return a * w + b * (1 - w)


HL2 = (high + low) / 2
ALPHA101 = {
    1: alpha_1,
    2: lambda: -rank_correlation(rank(delta(np.log(volume), 2)), rank((close - open_) / open_), 6),
    3: lambda: -rank_correlation(rank(open_), rank(volume), 10),
    4: lambda: -ts_rank(rank(low), 9),
    5: lambda: rank(open_ - sum_(vwap, 10) / 10) * (-rank(close - vwap).abs()),
    6: lambda: -correlation(open_, volume, 10),
    7: alpha_7,
    8: lambda: -rank(
        sum_(open_, 5) * sum_(returns, 5) - delay(sum_(open_, 5) * sum_(returns, 5), 10)
    ),
    9: alpha_9,
    10: lambda: rank(alpha_9(4)),
    11: lambda: (rank(ts_max(vwap - close, 3)) + rank(ts_min(vwap - close, 3))) * rank(delta(volume, 3)),
    12: lambda: np.sign(delta(volume, 1)) * -delta(close, 1),
    14: lambda: -rank(delta(returns, 3)) * correlation(open_, volume, 10),
    17: lambda: -rank(ts_rank(close, 10))
    * rank(delta(delta(close, 1), 1))
    * rank(ts_rank(volume / adv(20), 5)),
    18: lambda: -rank(stddev((close - open_).abs(), 5) + (close - open_) + correlation(close, open_, 10)),
    19: lambda: -np.sign(close - delay(close, 7) + delta(close, 7)) * (1 + rank(1 + sum_(returns, 250))),
    20: lambda: -rank(open_ - delay(high, 1)) * rank(open_ - delay(close, 1)) * rank(open_ - delay(low, 1)),
    21: alpha_21,
    22: lambda: -delta(correlation(high, volume, 5), 5) * rank(stddev(close, 20)),
    23: lambda: if_(sum_(high, 20) / 20 < high, -delta(high, 2), 0, sum_(high, 20)),
    24: alpha_24,
    25: lambda: rank(-returns * adv(20) * vwap * (high - close)),
    26: lambda: -ts_max(rank_correlation(ts_rank(volume, 5), ts_rank(high, 5), 5), 3),
    27: alpha_27,
    28: lambda: scale(correlation(adv(20), low, 5) + (high + low) / 2 - close),
    29: lambda: ts_min(
        product(
            rank(rank(scale(np.log(sum_(ts_min(rank(rank(-rank(delta(close - 1, 5)))), 2), 1))))), 1
        ),
        5,
    )
    + ts_rank(delay(-returns, 6), 5),
    30: lambda: (
        1
        - rank(
            np.sign(close - delay(close, 1))
            + np.sign(delay(close, 1) - delay(close, 2))
            + np.sign(delay(close, 2) - delay(close, 3))
        )
    )
    * sum_(volume, 5)
    / sum_(volume, 20),
    31: lambda: rank(rank(rank(decay_linear(-rank(rank(delta(close, 10))), 10))))
    + rank(-delta(close, 3))
    + np.sign(scale(correlation(adv(20), low, 12))),
    32: lambda: scale(sum_(close, 7) / 7 - close) + 20 * scale(correlation(vwap, delay(close, 5), 230)),
    33: lambda: rank(-(1 - open_ / close)),
    34: lambda: rank(1 - rank(stddev(returns, 2) / stddev(returns, 5)) + (1 - rank(delta(close, 1)))),
    35: lambda: ts_rank(volume, 32) * (1 - ts_rank(close + high - low, 16)) * (1 - ts_rank(returns, 32)),
    36: lambda: 2.21 * rank(correlation(close - open_, delay(volume, 1), 15))
    + 0.7 * rank(open_ - close)
    + 0.73 * rank(ts_rank(delay(-returns, 6), 5))
    + rank(correlation(vwap, adv(20), 6).abs())
    + 0.6 * rank((sum_(close, 200) / 200 - open_) * (close - open_)),
    37: lambda: rank(correlation(delay(open_ - close, 1), close, 200)) + rank(open_ - close),
    38: lambda: -rank(ts_rank(close, 10)) * rank(close / open_),
    39: lambda: -rank(delta(close, 7) * (1 - rank(decay_linear(volume / adv(20), 9))))
    * (1 + rank(sum_(returns, 250))),
    40: lambda: -rank(stddev(high, 10)) * correlation(high, volume, 10),
    41: lambda: (high * low) ** 0.5 - vwap,
    42: lambda: rank(vwap - close) / rank(vwap + close),
    43: lambda: ts_rank(volume / adv(20), 20) * ts_rank(-delta(close, 7), 8),
    44: lambda: -rank_correlation(high, rank(volume), 5),
    45: lambda: -rank(sum_(delay(close, 5), 20) / 20)
    * correlation(close, volume, 2)
    * rank(correlation(sum_(close, 5), sum_(close, 20), 2)),
    46: lambda: if_(bend() > 0.25, -1, if_(bend() < 0, 1, -(close - delay(close, 1))), bend()),
    47: lambda: rank(1 / close) * volume / adv(20) * (high * rank(high - close) / (sum_(high, 5) / 5))
    - rank(vwap - delay(vwap, 5)),
    48: lambda: indneutralize(
        correlation(delta(close, 1), delta(delay(close, 1), 1), 250) * delta(close, 1) / close, "subindustry"
    )
    / sum_((delta(close, 1) / delay(close, 1)) ** 2, 250),
    49: lambda: alpha_49(-0.1),
    50: lambda: -ts_max(rank(rank_correlation(rank(volume), rank(vwap), 5)), 5),
    51: lambda: alpha_49(-0.05),
    52: lambda: (-ts_min(low, 5) + delay(ts_min(low, 5), 5))
    * rank((sum_(returns, 240) - sum_(returns, 20)) / 220)
    * ts_rank(volume, 5),
    53: lambda: -delta(((close - low) - (high - close)) / (close - low), 9),
    54: lambda: -((low - close) * open_**5) / ((low - high) * close**5),
    55: lambda: -rank_correlation(
        rank((close - ts_min(low, 12)) / (ts_max(high, 12) - ts_min(low, 12))), rank(volume), 6
    ),
    56: lambda: -(rank(sum_(returns, 10) / sum_(sum_(returns, 2), 3)) * rank(returns * cap)),
    57: lambda: -((close - vwap) / decay_linear(rank(ts_argmax(close, 30)), 2)),
    58: lambda: -ts_rank(
        decay_linear(correlation(indneutralize(vwap, "sector"), volume, 3.92795), 7.89291), 5.50322
    ),
    59: lambda: -ts_rank(
        decay_linear(
            correlation(indneutralize(mixed(vwap, 0.728317, vwap), "industry"), volume, 4.25197), 16.2289
        ),
        8.19648,
    ),
    60: lambda: -(
        2 * scale(rank(((close - low) - (high - close)) / (high - low) * volume))
        - scale(rank(ts_argmax(close, 10)))
    ),
    61: lambda: less(rank(vwap - ts_min(vwap, 16.1219)), rank(correlation(vwap, adv(180), 17.9282))),
    62: lambda: -less(
        rank(correlation(vwap, sum_(adv(20), 22.4101), 9.91009)),
        rank(less(rank(open_) + rank(open_), rank(HL2) + rank(high))),
    ),
    63: lambda: -(
        rank(decay_linear(delta(indneutralize(close, "industry"), 2.25164), 8.22237))
        - rank(
            decay_linear(
                correlation(mixed(vwap, 0.318108, open_), sum_(adv(180), 37.2467), 13.557), 12.2883
            )
        )
    ),
    64: lambda: -less(
        rank(correlation(sum_(mixed(open_, 0.178404, low), 12.7054), sum_(adv(120), 12.7054), 16.6208)),
        rank(delta(mixed(HL2, 0.178404, vwap), 3.69741)),
    ),
    65: lambda: -less(
        rank(correlation(mixed(open_, 0.00817205, vwap), sum_(adv(60), 8.6911), 6.40374)),
        rank(open_ - ts_min(open_, 13.635)),
    ),
    66: lambda: -(
        rank(decay_linear(delta(vwap, 3.51013), 7.23052))
        + ts_rank(decay_linear((mixed(low, 0.96633, low) - vwap) / (open_ - HL2), 11.4157), 6.72611)
    ),
    67: lambda: -(
        rank(high - ts_min(high, 2.14593))
        ** rank(correlation(indneutralize(vwap, "sector"), indneutralize(adv(20), "subindustry"), 6.02936))
    ),
    68: lambda: -less(
        ts_rank(rank_correlation(rank(high), rank(adv(15)), 8.91644), 13.9333),
        rank(delta(mixed(close, 0.518371, low), 1.06157)),
    ),
    69: lambda: -(
        rank(ts_max(delta(indneutralize(vwap, "industry"), 2.72412), 4.79344))
        ** ts_rank(correlation(mixed(close, 0.490655, vwap), adv(20), 4.92416), 9.0615)
    ),
    70: lambda: -(
        rank(delta(vwap, 1.29456))
        ** ts_rank(correlation(indneutralize(close, "industry"), adv(50), 17.8256), 17.9171)
    ),
    71: lambda: most(
        ts_rank(
            decay_linear(rank_correlation(ts_rank(close, 3.43976), ts_rank(adv(180), 12.0647), 18.0175), 4.20501),
            15.6948,
        ),
        ts_rank(decay_linear(rank(low + open_ - (vwap + vwap)) ** 2, 16.4662), 4.4388),
    ),
    72: lambda: rank(decay_linear(correlation(HL2, adv(40), 8.93345), 10.1519))
    / rank(decay_linear(rank_correlation(ts_rank(vwap, 3.72469), ts_rank(volume, 18.5188), 6.86671), 2.95011)),
    73: lambda: -most(
        rank(decay_linear(delta(vwap, 4.72775), 2.91864)),
        ts_rank(
            decay_linear(
                -(delta(mixed(open_, 0.147155, low), 2.03608) / mixed(open_, 0.147155, low)), 3.33829
            ),
            16.7411,
        ),
    ),
    74: lambda: -less(
        rank(correlation(close, sum_(adv(30), 37.4843), 15.1365)),
        rank(rank_correlation(rank(mixed(high, 0.0261661, vwap)), rank(volume), 11.4791)),
    ),
    75: lambda: less(
        rank(correlation(vwap, volume, 4.24304)), rank(rank_correlation(rank(low), rank(adv(50)), 12.4413))
    ),
    76: lambda: -most(
        rank(decay_linear(delta(vwap, 1.24383), 11.8259)),
        ts_rank(
            decay_linear(
                ts_rank(correlation(indneutralize(low, "sector"), adv(81), 8.14941), 19.569), 17.1543
            ),
            19.383,
        ),
    ),
    77: lambda: least(
        rank(decay_linear(HL2 + high - (vwap + high), 20.0451)),
        rank(decay_linear(correlation(HL2, adv(40), 3.1614), 5.64125)),
    ),
    78: lambda: rank(
        correlation(sum_(mixed(low, 0.352233, vwap), 19.7428), sum_(adv(40), 19.7428), 6.83313)
    )
    ** rank(rank_correlation(rank(vwap), rank(volume), 5.77492)),
    79: lambda: less(
        rank(delta(indneutralize(mixed(close, 0.60733, open_), "sector"), 1.23438)),
        rank(rank_correlation(ts_rank(vwap, 3.60973), ts_rank(adv(150), 9.18637), 14.6644)),
    ),
    80: lambda: -(
        rank(np.sign(delta(indneutralize(mixed(open_, 0.868128, high), "industry"), 4.04545)))
        ** ts_rank(correlation(high, adv(10), 5.11456), 5.53756)
    ),
    81: lambda: -less(
        rank(np.log(product(rank(rank(correlation(vwap, sum_(adv(10), 49.6054), 8.47743)) ** 4), 14.9655))),
        rank(rank_correlation(rank(vwap), rank(volume), 5.07914)),
    ),
    82: lambda: -least(
        rank(decay_linear(delta(open_, 1.46063), 14.8717)),
        ts_rank(
            decay_linear(
                correlation(indneutralize(volume, "sector"), mixed(open_, 0.634196, open_), 17.4842), 6.92131
            ),
            13.4283,
        ),
    ),
    83: lambda: rank(delay((high - low) / (sum_(close, 5) / 5), 2))
    * rank(rank(volume))
    / ((high - low) / (sum_(close, 5) / 5) / (vwap - close)),
    84: lambda: ts_rank(vwap - ts_max(vwap, 15.3217), 20.7127) ** delta(close, 4.96796),
    85: lambda: rank(correlation(mixed(high, 0.876703, close), adv(30), 9.61331))
    ** rank(rank_correlation(ts_rank(HL2, 3.70596), ts_rank(volume, 10.1595), 7.11408)),
    86: lambda: -less(
        ts_rank(correlation(close, sum_(adv(20), 14.7444), 6.00049), 20.4195),
        rank(open_ + close - (vwap + open_)),
    ),
    87: lambda: -most(
        rank(decay_linear(delta(mixed(close, 0.369701, vwap), 1.91233), 2.65461)),
        ts_rank(
            decay_linear(correlation(indneutralize(adv(81), "industry"), close, 13.4132).abs(), 4.89768),
            14.4535,
        ),
    ),
    88: lambda: least(
        rank(decay_linear(rank(open_) + rank(low) - (rank(high) + rank(close)), 8.06882)),
        ts_rank(
            decay_linear(rank_correlation(ts_rank(close, 8.44728), ts_rank(adv(60), 20.6966), 8.01266), 6.65053),
            2.61957,
        ),
    ),
    89: lambda: ts_rank(
        decay_linear(correlation(mixed(low, 0.967285, low), adv(10), 6.94279), 5.51607), 3.79744
    )
    - ts_rank(decay_linear(delta(indneutralize(vwap, "industry"), 3.48158), 10.1466), 15.3012),
    90: lambda: -(
        rank(close - ts_max(close, 4.66719))
        ** ts_rank(correlation(indneutralize(adv(40), "subindustry"), low, 5.38375), 3.21856)
    ),
    91: lambda: -(
        ts_rank(
            decay_linear(
                decay_linear(correlation(indneutralize(close, "industry"), volume, 9.74928), 16.398), 3.83219
            ),
            4.8667,
        )
        - rank(decay_linear(correlation(vwap, adv(30), 4.01303), 2.6809))
    ),
    92: lambda: least(
        ts_rank(decay_linear(less(HL2 + close, low + open_), 14.7221), 18.8683),
        ts_rank(decay_linear(rank_correlation(rank(low), rank(adv(30)), 7.58555), 6.94024), 6.80584),
    ),
    93: lambda: ts_rank(
        decay_linear(correlation(indneutralize(vwap, "industry"), adv(81), 17.4193), 19.848), 7.54455
    )
    / rank(decay_linear(delta(mixed(close, 0.524434, vwap), 2.77377), 16.2664)),
    94: lambda: -(
        rank(vwap - ts_min(vwap, 11.5783))
        ** ts_rank(rank_correlation(ts_rank(vwap, 19.6462), ts_rank(adv(60), 4.02992), 18.0926), 2.70756)
    ),
    95: lambda: less(
        rank(open_ - ts_min(open_, 12.4105)),
        ts_rank(rank(correlation(sum_(HL2, 19.1351), sum_(adv(40), 19.1351), 12.8742)) ** 5, 11.7584),
    ),
    96: lambda: -most(
        ts_rank(decay_linear(rank_correlation(rank(vwap), rank(volume), 3.83878), 4.16783), 8.38151),
        ts_rank(
            decay_linear(
                ts_argmax(
                    rank_correlation(ts_rank(close, 7.45404), ts_rank(adv(60), 4.13242), 3.65459), 12.6556
                ),
                14.0365,
            ),
            13.4143,
        ),
    ),
    97: lambda: -(
        rank(decay_linear(delta(indneutralize(mixed(low, 0.721001, vwap), "industry"), 3.3705), 20.4523))
        - ts_rank(
            decay_linear(
                ts_rank(rank_correlation(ts_rank(low, 7.87871), ts_rank(adv(60), 17.255), 4.97547), 18.5925),
                15.7152,
            ),
            6.71659,
        )
    ),
    98: lambda: rank(decay_linear(correlation(vwap, sum_(adv(5), 26.4719), 4.58418), 7.18088))
    - rank(
        decay_linear(
            ts_rank(ts_argmin(rank_correlation(rank(open_), rank(adv(15)), 20.8187), 8.62571), 6.95668), 8.07206
        )
    ),
    99: lambda: -less(
        rank(correlation(sum_(HL2, 19.8975), sum_(adv(60), 19.8975), 8.8136)),
        rank(correlation(low, volume, 6.28259)),
    ),
    100: lambda: -(
        (
            1.5
            * scale(
                indneutralize(
                    indneutralize(
                        rank(((close - low) - (high - close)) / (high - low) * volume), "subindustry"
                    ),
                    "subindustry",
                )
            )
            - scale(
                indneutralize(rank_correlation(close, rank(adv(20)), 5) - rank(ts_argmin(close, 30)), "subindustry")
            )
        )
        * (volume / adv(20))
    ),
    101: lambda: (close - open_) / (high - low + 0.001),
    13: lambda: -rank(covariance(rank(close), rank(volume), 5)),
    15: lambda: -sum_(rank(rank_correlation(rank(high), rank(volume), 3)), 3),
    16: lambda: -rank(covariance(rank(high), rank(volume), 5)),
}

bars = given["bars"]
TINY = 1e-12
top, floor = np.maximum(open_, close), np.minimum(open_, close)
was = close.shift(1)
ALPHA158 = {
    "KMID": lambda: (close - open_) / open_,
    "KLEN": lambda: (high - low) / open_,
    "KMID2": lambda: (close - open_) / (high - low + TINY),
    "KUP": lambda: (high - top) / open_,
    "KUP2": lambda: (high - top) / (high - low + TINY),
    "KLOW": lambda: (floor - low) / open_,
    "KLOW2": lambda: (floor - low) / (high - low + TINY),
    "KSFT": lambda: (2 * close - high - low) / open_,
    "KSFT2": lambda: (2 * close - high - low) / (high - low + TINY),
    "OPEN0": lambda: open_ / close,
    "HIGH0": lambda: high / close,
    "LOW0": lambda: low / close,
    "VWAP0": lambda: vwap / close,
}


def fitted(x, d):
    """Slope, share explained and newest residual of the line through each window."""
    t = np.arange(d)
    x = x.tail(bars + d)
    slope = roll(x, d, lambda w: np.polyfit(t, w, 1)[0])
    share = roll(x, d, lambda w: np.corrcoef(t, w)[0, 1] ** 2)
    last = roll(x, d, lambda w: w[-1] - np.polyval(np.polyfit(t, w, 1), d - 1))
    return slope, share, last


def gains(x, d):
    change = x.diff()
    up = np.maximum(change, 0).rolling(d).sum()
    down = np.maximum(-change, 0).rolling(d).sum()
    way = change.abs().rolling(d).sum() + TINY
    return up / way, down / way, (up - down) / way


def rolling_features(d):
    low_, high_ = low.rolling(d).min(), high.rolling(d).max()
    slope, share, last = fitted(close, d)
    up = (close > was).astype(float).where(was.notna()).rolling(d).mean()
    down = (close < was).astype(float).where(was.notna()).rolling(d).mean()
    sums, volumes = gains(close, d), gains(volume, d)
    turmoil = (close / was - 1).abs() * volume
    first_max = roll(high, d, np.argmax) + 1
    first_min = roll(low, d, np.argmin) + 1
    return {
        "ROC": close.shift(d) / close,
        "MA": close.rolling(d).mean() / close,
        "STD": close.rolling(d).std() / close,
        "BETA": slope / close,
        "RSQR": share,
        "RESI": last / close,
        "MAX": high_ / close,
        "MIN": low_ / close,
        "QTLU": close.rolling(d).quantile(0.8) / close,
        "QTLD": close.rolling(d).quantile(0.2) / close,
        "RANK": close.rolling(d).rank(pct=True),
        "RSV": (close - low_) / (high_ - low_ + TINY),
        "IMAX": first_max / d,
        "IMIN": first_min / d,
        "IMXD": (first_max - first_min) / d,
        "CORR": close.rolling(d).corr(np.log(volume + 1)),
        "CORD": (close / was).rolling(d).corr(np.log(volume / volume.shift(1) + 1)),
        "CNTP": up,
        "CNTN": down,
        "CNTD": up - down,
        "SUMP": sums[0],
        "SUMN": sums[1],
        "SUMD": sums[2],
        "VMA": volume.rolling(d).mean() / (volume + TINY),
        "VSTD": volume.rolling(d).std() / (volume + TINY),
        "WVMA": turmoil.rolling(d).std() / (turmoil.rolling(d).mean() + TINY),
        "VSUMP": volumes[0],
        "VSUMN": volumes[1],
        "VSUMD": volumes[2],
    }


def rows(frame):
    return [[None if np.isnan(v) else float("%.12g" % v) for v in row] for row in frame.tail(bars).values]


out = {"alpha101(%d)" % number: rows(make()) for number, make in sorted(ALPHA101.items())}
for name, make in ALPHA158.items():
    out["alpha158('%s')" % name] = rows(make())
for d in [5, 10, 20, 30, 60]:
    for name, frame in rolling_features(d).items():
        out["alpha158('%s%d')" % (name, d)] = rows(frame)
json.dump(out, sys.stdout, separators=(",", ":"))
