package web

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/diagnosis"
	"handover/internal/timeline"
)

// Report is a run that is written to a file: what happened, what was predicted, or both.
type Report struct {
	Actual    *timeline.Timeline
	Predicted *timeline.Timeline
	Title     string   // a sentence, such as "Restarted prod/api in 6m02s"
	Failed    bool     // the run did not end well
	Standing  bool     // it is a service as it stands, and not a run
	Line      string   // a second one
	Notes     []string //
	Place     string   // account, Region and caller
	Version   string
	Diagnosis *diagnosis.Diagnosis // why it did not end well, or why the service does not get on; nil: none was made
}

// ReportOf makes the report of a run that has ended. Place and Version are the caller's to add.
func ReportOf(actual timeline.Timeline, predicted *timeline.Timeline, v cluster.Verdict) Report {
	r := Report{Actual: &actual, Predicted: predicted, Title: Sentence(v.Summary), Failed: v.End != cluster.Succeeded}
	if v.End == cluster.Succeeded && v.Figures.Took > 0 {
		r.Title += " in " + console.Span(v.Figures.Took)
	}
	if predicted != nil {
		r.Line = "predicted " + console.Span(time.Duration(predicted.Until))
	}
	if v.Cause != nil && v.Cause.Text != v.Summary {
		r.Notes = append(r.Notes, v.Cause.Text)
	}
	return r
}

// inline is what a page that needs no server carries in itself.
type inline struct {
	Style  template.CSS
	Script template.JS
	Policy string
}

// Write writes the report as one HTML page with everything in it: it asks nothing of any host, and its policy forbids it to.
func (r Report) Write(w io.Writer) error {
	templates := pages()
	return write(w, templates, page{Kind: "report", Title: r.Title, Place: r.Place, Footer: footer(r.Version, r.line()), Stage: r.stage(templates, "", "The run")})
}

// Reports are the runs of one operation on several services, on one page.
type Reports struct {
	Title, Line    string
	Failed         bool
	Place, Version string
	Of             []Report
}

// Write writes the reports as one HTML page, with a section for each service that was begun, as Report.Write does.
func (all Reports) Write(w io.Writer) error {
	templates := pages()
	p := page{Kind: "reports", Title: all.Title, Place: all.Place}
	p.Several = sections{Tone: "ok", Mark: "✔", Line: all.Line}
	if all.Failed {
		p.Several.Tone, p.Several.Mark = "bad", "✖"
	}
	for i, r := range all.Of {
		line := r.line()
		p.Footer = footer(all.Version, line)
		if len(line.Lanes) == 0 { // it was not begun, and there is nothing to see
			p.Several.Of = append(p.Several.Of, section{Name: line.Service.String(), Title: r.Title, Failed: r.Failed})
			continue
		}
		p.Several.Of = append(p.Several.Of, section{ID: fmt.Sprintf("service-%d", i+1), Name: line.Service.String(), Title: r.Title, Failed: r.Failed,
			Stage: r.stage(templates, fmt.Sprintf("s%d", i+1), "The run on "+line.Service.String())})
	}
	return write(w, templates, p)
}

// footer says what wrote the page, and when what it shows ended.
func footer(version string, line timeline.Timeline) string {
	return "Handover " + version + " · written " + line.Begin.Add(time.Duration(line.Until)).UTC().Format("2006-01-02 15:04:05 UTC")
}

// stage is the report's picture with its texts, for a wide page and for a narrow one. The id begins those within the pictures, which must differ on a page.
func (r Report) stage(templates *template.Template, id, label string) stage {
	tone, mark := "ok", "✔"
	if r.Failed {
		tone, mark = "bad", "✖"
	}
	line := r.line()
	s := scene{Lead: lead{Tone: tone, Mark: mark, Title: r.Title, Line: r.Line, Notes: r.Notes, Why: whyOf(r.Diagnosis)}, Figures: outcome(line), Events: eventsOf(line, nil, r.Standing),
		Drawing: timeline.Drawing{Actual: r.Actual, Predicted: r.Predicted, Width: 900, Rows: foldAbove, Wall: r.Standing, ID: id}}
	if r.Standing {
		s.Figures = standing(line)
	}
	f := render(templates, s)
	s.Drawing.Width, s.Drawing.ID = 360, id+"narrow"
	narrow := render(templates, s)
	f.Parts["picture"] = `<div class="wide">` + f.Parts["picture"] + `</div><div class="narrow">` + narrow.Parts["picture"] + `</div>`
	return f.first("a", label)
}

// write writes a page that needs no server.
func write(w io.Writer, templates *template.Template, p page) error {
	style, script, err := carried()
	if err != nil {
		return err
	}
	p.Patterns = template.HTML(timeline.Patterns()) //nolint:gosec // a constant
	p.Inline = &inline{Style: style, Script: script, Policy: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'", digest(string(style)), digest(string(script)))}
	if err := templates.ExecuteTemplate(w, "page", p); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (r Report) line() timeline.Timeline {
	if r.Actual != nil {
		return *r.Actual
	}
	return *r.Predicted
}

// carried are the page's own style and script.
func carried() (style template.CSS, script template.JS, err error) {
	css, err := assets.ReadFile("assets/page.css")
	if err != nil {
		return "", "", fmt.Errorf("reading the page's style: %w", err)
	}
	module, err := assets.ReadFile("assets/page.js")
	if err != nil {
		return "", "", fmt.Errorf("reading the page's script: %w", err)
	}
	return template.CSS("\n" + timeline.Style() + string(css)), template.JS("\n" + string(module)), nil //nolint:gosec // files of ours
}

// digest names an inline text in a policy.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
