"""Operators as pandas 1.x and numpy have them, for the comparison in pandas-live.test.ts.

Reads {"bars", "symbols", "cases": [{"op", "params", "output", "inputs": [{"type", "values"}]}]} from standard input,
values as base64 of float64, row-major, NaN missing. Writes one base64 string per case. Every function `op_NAME` is an
operator; inputs are frames (bars x symbols), conditions are frames of bool. Infinite results are missing at the end.
"""
import base64
import json
import sys
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
NAN = float("nan")


def rolling(x, p, name="n"):
    return x.rolling(p[name])


def windows(x, n, f):
    return x.rolling(n).apply(f, raw=True)


def ema(x, span):
    return x.ewm(span=span, adjust=False, min_periods=span).mean()


def wilder(x, n):
    """The mean of the first n values, and an exponential mean of alpha 1/n from there."""

    def one(column):
        v = column.dropna()
        if len(v) < n:
            return column * NAN
        start = pd.Series([v.iloc[:n].mean()], index=[v.index[n - 1]])
        return pd.concat([start, v.iloc[n:]]).ewm(alpha=1 / n, adjust=False).mean().reindex(column.index)

    return x.apply(one)


def flat(x, n):
    return rolling(x, {"n": n}).max() == rolling(x, {"n": n}).min()


# Arithmetic and logic
def op_add(i, p, o): return i[0] + i[1]
def op_sub(i, p, o): return i[0] - i[1]
def op_mul(i, p, o): return i[0] * i[1]
def op_div(i, p, o): return i[0] / i[1]
def op_pow(i, p, o): return (i[0] ** i[1]).where(i[0].notna() & i[1].notna())
def op_min(i, p, o): return i[0].where(i[0] <= i[1], i[1]).where(i[0].notna() & i[1].notna())
def op_max(i, p, o): return i[0].where(i[0] >= i[1], i[1]).where(i[0].notna() & i[1].notna())
def op_neg(i, p, o): return -i[0]
def op_abs(i, p, o): return i[0].abs()
def op_sign(i, p, o): return np.sign(i[0])
def op_log(i, p, o): return np.log(i[0])
def op_sqrt(i, p, o): return np.sqrt(i[0])
def op_exp(i, p, o): return np.exp(i[0])
def op_tanh(i, p, o): return np.tanh(i[0])
def op_clip(i, p, o): return i[0].clip(p["lo"], p["hi"])
def op_gt(i, p, o): return i[0] > i[1]
def op_ge(i, p, o): return i[0] >= i[1]
def op_lt(i, p, o): return i[0] < i[1]
def op_le(i, p, o): return i[0] <= i[1]
def op_eq(i, p, o): return i[0] == i[1]
# pandas calls a missing value unequal to everything; here no comparison with one is true.
def op_ne(i, p, o): return (i[0] != i[1]) & i[0].notna() & i[1].notna()
def op_and(i, p, o): return i[0] & i[1]
def op_or(i, p, o): return i[0] | i[1]
def op_not(i, p, o): return ~i[0]
def op_where(i, p, o): return i[1].where(i[0], i[2])
def op_isNaN(i, p, o): return i[0].isna()
def op_fillNaN(i, p, o): return i[0].fillna(p["v"])


# Time series
def op_lag(i, p, o): return i[0].shift(p["n"])
def op_delta(i, p, o): return i[0].diff(p["n"])
def op_pctChange(i, p, o): return i[0].pct_change(p["n"], fill_method=None)
def op_logReturn(i, p, o): return np.log(i[0] / i[0].shift(p["n"]))
def op_sum(i, p, o): return rolling(i[0], p).sum()
def op_sma(i, p, o): return rolling(i[0], p).mean()
def op_product(i, p, o): return windows(i[0], p["n"], np.prod)
def op_var(i, p, o): return rolling(i[0], p).var()
def op_std(i, p, o): return rolling(i[0], p).std()


def per_window(x, n, rolled, exact):
    """pandas' rolling form says where there is a value; its plain form on each window says which, without drift."""
    return windows(x, n, lambda w: exact(pd.Series(w))).where(rolled.notna() & ~flat(x, n), rolled)


def op_skew(i, p, o): return per_window(i[0], p["n"], rolling(i[0], p).skew(), pd.Series.skew)
def op_kurt(i, p, o): return per_window(i[0], p["n"], rolling(i[0], p).kurt(), pd.Series.kurt)
def op_median(i, p, o): return rolling(i[0], p).median()
def op_quantile(i, p, o): return rolling(i[0], p).quantile(p["q"], interpolation="linear")
def op_tsRank(i, p, o): return rolling(i[0], p).rank(pct=True)
def op_tsMin(i, p, o): return rolling(i[0], p).min()
def op_tsMax(i, p, o): return rolling(i[0], p).max()
def op_argMin(i, p, o): return windows(i[0], p["n"], lambda w: np.argmin(w[::-1]))
def op_argMax(i, p, o): return windows(i[0], p["n"], lambda w: np.argmax(w[::-1]))


def op_zscore(i, p, o):
    # Window by window: pandas' running variance keeps rounding of older, larger values.
    return windows(i[0], p["n"], lambda w: (w[-1] - w.mean()) / w.std(ddof=1)).where(~flat(i[0], p["n"]))


def op_decayLinear(i, p, o):
    weights = np.arange(1, p["n"] + 1)
    return windows(i[0], p["n"], lambda w: np.average(w, weights=weights))


def op_ema(i, p, o): return ema(i[0], p["span"])
def op_wilder(i, p, o): return wilder(i[0], p["n"])


def both(i):
    """Pairs count where both values are there."""
    whole = i[0].notna() & i[1].notna()
    return i[0].where(whole), i[1].where(whole)


def op_cov(i, p, o):
    x, y = both(i)
    return x.rolling(p["n"]).cov(y, pairwise=False)


def op_corr(i, p, o):
    x, y = both(i)
    r = x.rolling(p["n"]).corr(y, pairwise=False).clip(-1, 1)
    return r.where(~flat(x, p["n"]) & ~flat(y, p["n"]))


def op_beta(i, p, o):
    x, y = both(i)
    n = p["n"]
    out = x * NAN
    for t in range(n - 1, len(x)):
        a, b = (v.iloc[t - n + 1 : t + 1] for v in (x, y))
        a, b = a - a.mean(skipna=False), b - b.mean(skipna=False)
        out.iloc[t] = (a * b).sum(skipna=False) / (b * b).sum(skipna=False)
    return out.where(~flat(y, n))


def line(w):
    k = np.arange(len(w)) - (len(w) - 1) / 2
    return k, (k @ (w - w.mean())) / (k @ k)


def residual(w):
    k, b = line(w)
    return w[-1] - w.mean() - b * k[-1]


def r_squared(w):
    k, b = line(w)
    d = w - w.mean()
    return b * b * (k @ k) / (d @ d)


def op_slope(i, p, o): return windows(i[0], p["n"], lambda w: line(w)[1])
def op_residual(i, p, o): return windows(i[0], p["n"], residual)
def op_rSquared(i, p, o): return windows(i[0], p["n"], r_squared).where(~flat(i[0], p["n"]))
def op_count(i, p, o): return rolling(i[0].astype(float), p).sum()


def op_barsSince(i, p, o):
    bar = pd.DataFrame(np.arange(len(i[0]))[:, None] + 0 * i[0].astype(float))
    return bar - bar.where(i[0]).ffill()


def op_streak(i, p, o):
    return i[0].apply(lambda c: c.astype(float).groupby((~c).cumsum()).cumsum())


def op_ffill(i, p, o): return i[0].ffill(limit=p["limit"])


def since(i, f):
    reset = i[1] if len(i) > 1 else i[0].isna() & False
    return pd.concat([f(i[0][c].groupby(reset[c].cumsum())) for c in i[0]], axis=1)


def op_cumMax(i, p, o): return since(i, lambda g: g.cummax())
def op_cumMin(i, p, o): return since(i, lambda g: g.cummin())


# Indicators
def op_rsi(i, p, o):
    d = i[0].diff()
    gain, loss = wilder(d.clip(lower=0), p["n"]), wilder((-d).clip(lower=0), p["n"])
    return (100 * gain / (gain + loss)).mask(gain + loss == 0, 50)


def true_range(high, low, close):
    before = close.shift(1)
    widest = np.maximum(high - low, np.maximum((high - before).abs(), (low - before).abs()))
    return widest.where(before.notna(), high - low)


def op_atr(i, p, o): return wilder(true_range(*i), p["n"])


def op_adx(i, p, o):
    up, down = i[0].diff(), -i[1].diff()
    known = (up + down).notna()
    spread = wilder(true_range(*i).where(known), p["n"])
    spread = spread.where(spread != 0)
    plus = 100 * wilder(up.where((up > down) & (up > 0), 0).where(known), p["n"]) / spread
    minus = 100 * wilder(down.where((down > up) & (down > 0), 0).where(known), p["n"]) / spread
    if o == "plusDi":
        return plus
    if o == "minusDi":
        return minus
    return wilder((100 * (plus - minus).abs() / (plus + minus)).mask(plus + minus == 0, 0), p["n"])


def op_macd(i, p, o):
    macd = ema(i[0], p["fast"]) - ema(i[0], p["slow"])
    if o == "line":
        return macd
    signal = ema(macd, p["signal"])
    return signal if o == "signal" else macd - signal


def op_bollinger(i, p, o):
    middle = rolling(i[0], p).mean()
    reach = p["k"] * rolling(i[0], p).std(ddof=0).mask(flat(i[0], p["n"]), 0)
    if o == "percentB":
        return ((i[0] - middle + reach) / (2 * reach)).where(reach != 0)
    return {"upper": middle + reach, "lower": middle - reach, "width": 2 * reach / middle}.get(o, middle)


def place(i, n):
    top, bottom = rolling(i[0], {"n": n}).max(), rolling(i[1], {"n": n}).min()
    return top, bottom


def finite(x): return x.where(np.isfinite(x))


def op_stochastic(i, p, o):
    top, bottom = place(i, p["n"])
    k = windows(finite(100 * (i[2] - bottom) / (top - bottom)), p["k"], np.mean)
    return windows(k, p["d"], np.mean) if o == "d" else k


def op_williamsR(i, p, o):
    top, bottom = place(i, p["n"])
    return -100 * (top - i[2]) / (top - bottom)


def op_donchian(i, p, o):
    top, bottom = place(i, p["n"])
    return {"upper": top, "lower": bottom}.get(o, (top + bottom) / 2)


def op_keltner(i, p, o):
    middle, reach = ema(i[2], p["n"]), p["k"] * wilder(true_range(*i), p["n"])
    return {"upper": middle + reach, "lower": middle - reach}.get(o, middle)


def op_aroon(i, p, o):
    n = p["n"]
    up = 100 * (n - windows(i[0], n + 1, lambda w: np.argmax(w[::-1]))) / n
    down = 100 * (n - windows(i[1], n + 1, lambda w: np.argmin(w[::-1]))) / n
    return {"up": up, "down": down}.get(o, up - down)


def op_cci(i, p, o):
    price = (i[0] + i[1] + i[2]) / 3
    deviation = windows(price, p["n"], lambda w: np.abs(w - w.mean()).mean())
    return ((price - windows(price, p["n"], np.mean)) / (0.015 * deviation)).where(~flat(price, p["n"]))


def op_mfi(i, p, o):
    price = (i[0] + i[1] + i[2]) / 3
    change = price.diff()
    money = (price * i[3]).where(change.notna())
    rose = windows(money.mask(change <= 0, money * 0), p["n"], np.sum)
    fell = windows(money.mask(change >= 0, money * 0), p["n"], np.sum)
    return (100 * rose / (rose + fell)).mask(rose + fell == 0, 50)


def op_obv(i, p, o):
    def one(column):
        bars = pd.DataFrame({"c": i[0][column], "v": i[1][column]}).dropna()
        return (np.sign(bars.c.diff()).fillna(0) * bars.v).cumsum().reindex(i[0].index)

    return pd.concat([one(column) for column in i[0]], axis=1)


def op_efficiencyRatio(i, p, o):
    way = windows(i[0].diff().abs(), p["n"], np.sum)
    return (i[0].diff(p["n"]).abs() / way).clip(upper=1)


# Events
def op_crossAbove(i, p, o): return (i[0] > i[1]) & (i[0].shift(1) <= i[1].shift(1))
def op_crossBelow(i, p, o): return (i[0] < i[1]) & (i[0].shift(1) >= i[1].shift(1))


def op_hold(i, p, o):
    state = i[0].astype(float).where(i[0]).mask(i[1], 0)
    return state.ffill().fillna(0) == 1


# Cross-section
def op_rank(i, p, o): return i[0].rank(axis=1, pct=True)


def op_csZscore(i, p, o):
    x = i[0]
    z = x.sub(x.mean(axis=1), axis=0).div(x.std(axis=1), axis=0)
    return z[x.max(axis=1) > x.min(axis=1)].reindex(x.index)


def op_demean(i, p, o): return i[0].sub(i[0].mean(axis=1), axis=0)
def op_scale(i, p, o): return i[0].div(i[0].abs().sum(axis=1), axis=0)


def op_winsorize(i, p, o):
    x = i[0]
    return x.clip(x.quantile(p["p"], axis=1), x.quantile(1 - p["p"], axis=1), axis=0)


def op_bucket(i, p, o):
    return np.ceil((i[0].rank(axis=1) * p["q"]).div(i[0].count(axis=1), axis=0)) - 1


def op_top(i, p, o): return i[0].rank(axis=1, method="first", ascending=False) <= p["k"]
def op_bottom(i, p, o): return i[0].rank(axis=1, method="first") <= p["k"]


def grouped(i, f):
    x, g = i[0].stack(dropna=False), i[1].stack(dropna=False)
    bar = x.index.get_level_values(0)
    known = x.notna() & g.notna()
    return f(x[known].groupby([bar[known], g[known]])).reindex(x.index).unstack()


def group_zscore(g):
    x = g.obj
    z = (x - g.transform("mean")) / g.transform("std")
    return z.where(g.transform("max") > g.transform("min"))


def op_groupRank(i, p, o): return grouped(i, lambda g: g.rank(pct=True))
def op_groupDemean(i, p, o): return grouped(i, lambda g: g.obj - g.transform("mean"))
def op_groupZscore(i, p, o): return grouped(i, group_zscore)
def op_groupMean(i, p, o): return grouped(i, lambda g: g.transform("mean"))


def op_regressOut(i, p, o):
    y, xs = i[0], i[1:]
    out = y * NAN
    for t in y.index:
        row = pd.concat([x.loc[t] for x in i], axis=1).dropna().to_numpy()
        if len(row) <= len(i):
            continue
        a = np.column_stack([np.ones(len(row)), *[(c - c.mean()) / (np.abs(c).max() or 1) for c in row[:, 1:].T]])
        b = np.linalg.lstsq(a, row[:, 0], rcond=1e-12)[0]
        whole = pd.concat([x.loc[t] for x in i], axis=1).notna().all(axis=1).to_numpy()
        out.loc[t, whole] = row[:, 0] - a @ b
    return out


# Sources: the inputs are the fields themselves.
def op_field(i, p, o):
    open_, high, low, close, volume = i
    return {
        "returns": close.pct_change(fill_method=None),
        "vwap": (high + low + close) / 3,
        "dollarVolume": close * volume,
    }.get(p["name"], close)


def op_benchmark(i, p, o):
    """The equal weight of all symbols."""
    mean = finite(i[3].pct_change(fill_method=None)).mean(axis=1)
    values = (1 + mean.fillna(0)).cumprod() if p["field"] == "close" else mean
    return pd.DataFrame(values)


def op_calendar(i, p, o):
    days = pd.date_range("2019-12-20", periods=len(i[0]))
    parts = {"dayOfWeek": days.dayofweek + 1, "month": days.month, "dayOfMonth": days.day}
    return pd.DataFrame(parts[p["part"]])


def frame(given, shape):
    values = np.frombuffer(base64.b64decode(given["values"]), dtype="<f8").reshape(shape)
    x = pd.DataFrame(values.copy())
    return x == 1 if given["type"] == "boolean" else x


def run(case, shape):
    inputs = [frame(given, shape) for given in case["inputs"]]
    out = globals()["op_" + case["op"]](inputs, case["params"], case["output"])
    values = out.astype(float).to_numpy()
    values = np.where(np.isfinite(values), values, NAN)
    return base64.b64encode(values.astype("<f8").tobytes()).decode()


if __name__ == "__main__":
    request = json.load(sys.stdin)
    shape = (request["bars"], request["symbols"])
    json.dump([run(case, shape) for case in request["cases"]], sys.stdout)
