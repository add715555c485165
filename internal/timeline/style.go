package timeline

// style is the look of a picture: one colour and one pattern for each phase, so that nothing is told by colour alone. Contrast of text to ground is at least 4.5 to 1
// in both schemes. A page may set the variables itself.
const style = `<style>
.timeline{--ground:#ffffff;--ink:#1c2430;--faint:#5b6675;--rule:#dde3ea;--pending:#6b7684;--starting:#b26b00;--healthy:#0a7d70;--unhealthy:#c22f2f;--draining:#5a6fa8;font:12px ui-sans-serif,system-ui,sans-serif;background:var(--ground)}
@media (prefers-color-scheme:dark){.timeline{--ground:#12171e;--ink:#e7ecf2;--faint:#9aa7b6;--rule:#2a3440;--pending:#8d99a8;--starting:#e3a53d;--healthy:#35b8a6;--unhealthy:#ff7b72;--draining:#8fa3dc}}
.timeline text{fill:var(--faint);font-size:11px}
.timeline .name{text-anchor:end;fill:var(--ink);font-variant-numeric:tabular-nums}
.timeline .axis line{stroke:var(--rule)}
.timeline .actual.pending{fill:url(#dots);stroke:var(--pending);stroke-width:.6}
.timeline .actual.starting{fill:url(#hatch);stroke:var(--starting);stroke-width:.6}
.timeline .actual.healthy{fill:var(--healthy)}
.timeline .actual.unhealthy{fill:url(#crosses);stroke:var(--unhealthy);stroke-width:.6}
.timeline .actual.draining{fill:url(#diagonal);stroke:var(--draining);stroke-width:.6}
.timeline rect.predicted{fill-opacity:.14;stroke-opacity:.75;stroke-width:1;stroke-dasharray:3 2}
.timeline rect.predicted.pending{fill:var(--pending);stroke:var(--pending)}
.timeline rect.predicted.starting{fill:var(--starting);stroke:var(--starting)}
.timeline rect.predicted.healthy{fill:var(--healthy);stroke:var(--healthy)}
.timeline rect.predicted.unhealthy{fill:var(--unhealthy);stroke:var(--unhealthy)}
.timeline rect.predicted.draining{fill:var(--draining);stroke:var(--draining)}
.timeline .cross{stroke:var(--unhealthy);stroke-width:2;fill:none}
.timeline .bound{stroke:var(--faint);stroke-dasharray:5 4}
.timeline path.tasks{stroke:var(--draining);stroke-width:1.5;fill:none}
.timeline path.healthy{stroke:var(--healthy);stroke-width:2.5;fill:none}
.timeline path.predicted{stroke-dasharray:3 3;stroke-opacity:.8}
.timeline .breach{fill:var(--unhealthy);fill-opacity:.25}
.timeline .now line{stroke:var(--ink)}
</style>
<defs>
<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse"><circle cx="2" cy="2.5" r="1" style="fill:var(--pending)"/></pattern>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2.5" height="5" style="fill:var(--starting)"/></pattern>
<pattern id="diagonal" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="1.5" height="7" style="fill:var(--draining)"/></pattern>
<pattern id="crosses" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M1 1l4 4M5 1l-4 4" style="stroke:var(--unhealthy)"/></pattern>
</defs>
`
