/**
 * The style sheet of reports in HTML. Blue and orange stay apart for every kind of colour vision; text on each of the
 * tints and on the page has a contrast of 4.5 or more in both schemes.
 */
const LIGHT = `--page:#fff;--raised:#f6f7f9;--ink:#171a1f;--muted:#555d69;--line:#d5dae1;--grid:#e2e6eb;
--own:#0b5cad;--other:#5f6875;--gain:#0b5cad;--loss:#c2570c;
--fifth1:#c2570c;--fifth2:#d98b4f;--fifth3:#7d8694;--fifth4:#5b93cf;--fifth5:#0b5cad;
--g1:#ecf3fb;--g2:#d5e5f6;--g3:#b3d1ef;--g4:#8ebbe6;--l1:#fdf1e8;--l2:#fbe0cb;--l3:#f7c8a3;--l4:#f2ac77;`

const DARK = `--page:#14171c;--raised:#1c2026;--ink:#e9ebef;--muted:#a8b0bc;--line:#363c46;--grid:#2b3038;
--own:#6db1f7;--other:#9aa4b2;--gain:#6db1f7;--loss:#f59a57;
--fifth1:#f59a57;--fifth2:#d9a376;--fifth3:#9aa4b2;--fifth4:#8fb9e6;--fifth5:#6db1f7;
--g1:#182636;--g2:#1a3350;--g3:#1d426d;--g4:#20528b;--l1:#30231b;--l2:#47301f;--l3:#603d22;--l4:#7a4a24;`

export const STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
@media print{:root{color-scheme:light;${LIGHT}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:1080px;padding:2.5rem 1.25rem 4rem;background:var(--page);color:var(--ink);font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums lining-nums}
h1,h2,h3{line-height:1.25;text-wrap:balance;overflow-wrap:anywhere}
h1{margin:0;font-size:clamp(1.6rem,1.2rem + 1.8vw,2.3rem);letter-spacing:-.015em}
h2{margin:0 0 1rem;padding-top:1.5rem;border-top:1px solid var(--line);font-size:1.3rem;letter-spacing:-.01em}
h3{margin:0 0 .5rem;font-size:.95rem}
p,ul{max-width:72ch;margin:0 0 1rem}
ul{padding-left:1.15rem}
li{margin:.3rem 0}
section{margin-top:2.25rem}
.subtitle{margin:.35rem 0 0;color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1px;margin:1.75rem 0 0;border:1px solid var(--line);border-radius:.6rem;overflow:hidden;background:var(--line)}
.tiles>div{padding:.8rem 1rem .9rem;background:var(--page)}
.tiles dt{color:var(--muted);font-size:.82rem}
.tiles dd{margin:0}
.tiles b{display:block;font-size:1.55rem;font-weight:600;letter-spacing:-.02em;line-height:1.35}
.tiles span{display:block;color:var(--muted);font-size:.8rem;line-height:1.35}
figure,.table{margin:0 0 1.75rem;min-width:0;break-inside:avoid}
figcaption,.note{max-width:72ch;margin:.4rem 0 0;color:var(--muted);font-size:.85rem;line-height:1.45}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-variant-numeric:tabular-nums}
.narrow{display:none;max-width:480px}
.beside{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 1.5rem;align-items:start}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:.875rem;line-height:1.35}
th,td{padding:.34rem .5rem;border-bottom:1px solid var(--line);text-align:left;font-weight:400;white-space:nowrap}
thead th{border-bottom-color:var(--muted);color:var(--muted);font-size:.8rem;vertical-align:bottom}
.n{text-align:right}
tbody th{white-space:normal}
tbody th,thead th:first-child{position:sticky;left:0;padding-left:0;background:var(--page)}
.g1{background:var(--g1)}.g2{background:var(--g2)}.g3{background:var(--g3)}.g4{background:var(--g4)}
.l1{background:var(--l1)}.l2{background:var(--l2)}.l3{background:var(--l3)}.l4{background:var(--l4)}
.facts{display:grid;gap:.45rem;margin:0 0 1.5rem;font-size:.9rem}
.facts>div{display:grid;grid-template-columns:8.5rem minmax(0,1fr)}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
pre{margin:0;padding:1rem 1.1rem;overflow-x:auto;border-radius:.6rem;background:var(--raised);font:.84rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
:focus-visible{outline:2px solid var(--own);outline-offset:2px}
@media (max-width:720px){
body{padding:1.5rem 1rem 3rem}
.beside{grid-template-columns:minmax(0,1fr)}
.wide{display:none}.narrow{display:block}
.facts>div{grid-template-columns:minmax(0,1fr)}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}
}
@media print{
@page{margin:14mm}
body{max-width:none;padding:0;font-size:10pt}
.wide{display:block}.narrow{display:none}
.beside{grid-template-columns:repeat(2,minmax(0,1fr))}
section{margin-top:1rem}
table{font-size:7.5pt}
thead th{font-size:7pt}
th,td{padding:.22rem .28rem}
.scroll{overflow:visible}
.tiles{grid-template-columns:repeat(3,minmax(0,1fr))}
.g1,.g2,.g3,.g4,.l1,.l2,.l3,.l4{print-color-adjust:exact;-webkit-print-color-adjust:exact}
pre{white-space:pre-wrap}
}`

/** The colours as they stand in a picture that is a file of its own. */
export const PICTURE_STYLE = `svg{color-scheme:light dark;${LIGHT}color:var(--ink);background:var(--page)}@media (prefers-color-scheme:dark){svg{${DARK}}}`
