package timeline

// Style is the look of the pictures: one colour and one pattern for each phase, so that nothing is told by colour alone, with old tasks paler than new ones.
// Contrast of text to ground is at least 4.5 to 1 in both schemes. It follows the viewer's scheme; a page may set the variables itself.
func Style() string { return palette + rules }

// Patterns are what Style fills shapes with. A page that shows bare pictures has them once.
func Patterns() string { return patterns }

const palette = `.timeline{--ground:#ffffff;--ink:#17202b;--faint:#586473;--rule:#e3e8ee;--pending:#6b7684;--starting:#b26b00;--healthy:#0a7d70;--aged:#5fa79e;--unhealthy:#c22f2f;--draining:#5a6fa8;--band:#f4f7f9}
@media (prefers-color-scheme:dark){.timeline{--ground:#12171e;--ink:#e7ecf2;--faint:#9aa7b6;--rule:#28313c;--pending:#8d99a8;--starting:#e3a53d;--healthy:#35b8a6;--aged:#1f7a6f;--unhealthy:#ff7b72;--draining:#8fa3dc;--band:#171d25}}
`

const rules = `.timeline{font:11px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;background:var(--ground)}
.timeline text{fill:var(--faint);font-size:11px}
.timeline .name{text-anchor:end;fill:var(--ink);font-variant-numeric:tabular-nums}
.timeline .group{fill:var(--faint);font-size:10.5px;font-weight:600;letter-spacing:.06em}
.timeline .axis line,.timeline .zero{stroke:var(--rule)}
.timeline rect.pending{fill:url(#dots);stroke:var(--pending);stroke-width:.6}
.timeline rect.starting{fill:url(#hatch);stroke:var(--starting);stroke-width:.6}
.timeline rect.healthy{fill:var(--healthy)}
.timeline .old rect.healthy{fill:var(--aged)}
.timeline rect.unhealthy{fill:url(#crosses);stroke:var(--unhealthy);stroke-width:.6}
.timeline rect.draining{fill:url(#diagonal);stroke:var(--draining);stroke-width:.6}
.timeline rect.predicted{fill-opacity:.4;stroke-width:1;stroke-dasharray:3 2}
.timeline rect.predicted.pending{stroke:var(--pending)}
.timeline rect.predicted.starting{stroke:var(--starting)}
.timeline rect.predicted.healthy{stroke:var(--healthy);fill:var(--healthy)}
.timeline .old rect.predicted.healthy{stroke:var(--aged);fill:var(--aged)}
.timeline rect.predicted.unhealthy{stroke:var(--unhealthy)}
.timeline rect.predicted.draining{stroke:var(--draining)}
.timeline rect.past{stroke:none}
.timeline rect.past.pending{fill:var(--pending)}
.timeline rect.past.starting{fill:var(--starting)}
.timeline rect.past.unhealthy{fill:var(--unhealthy)}
.timeline rect.past.draining{fill:var(--draining)}
.timeline .cross{stroke:var(--unhealthy);stroke-width:2;fill:none}
.timeline .bound{stroke:var(--faint);stroke-dasharray:5 4}
.timeline path.tasks{stroke:var(--draining);stroke-width:1.5;fill:none}
.timeline path.healthy{stroke:var(--healthy);stroke-width:2.5;fill:none}
.timeline path.area{stroke:none;fill:var(--healthy);fill-opacity:.13}
.timeline path.predicted{stroke-dasharray:3 3}
.timeline .breach{fill:var(--unhealthy);fill-opacity:.3}
.timeline .event{fill:var(--faint)}
.timeline .now line{stroke:var(--ink)}
.timeline .now text{fill:var(--ink);font-weight:600}
.timeline .dot{fill:var(--pending)}.timeline .bar{fill:var(--starting)}.timeline .slash{fill:var(--draining)}.timeline .ex{stroke:var(--unhealthy)}
`

const patterns = `<defs>
<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse"><circle class="dot" cx="2" cy="2.5" r="1"/></pattern>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="bar" width="2.5" height="5"/></pattern>
<pattern id="diagonal" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="slash" width="1.5" height="7"/></pattern>
<pattern id="crosses" width="6" height="6" patternUnits="userSpaceOnUse"><path class="ex" d="M1 1l4 4M5 1l-4 4"/></pattern>
</defs>
`
