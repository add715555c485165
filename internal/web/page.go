package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"handover/internal/cluster"
	"handover/internal/timeline"
)

//go:embed assets
var assets embed.FS

// pages are parsed when the first page is asked for: a command that shows none does not wait for it.
func pages() *template.Template {
	functions := template.FuncMap{"of": func(operation string, f Field) namedField { return namedField{operation, f} }}
	return template.Must(template.New("page.html").Funcs(functions).ParseFS(assets, "assets/page.html"))
}

// namedField is a field with the operation that it belongs to: two operations may have fields of one name.
type namedField struct {
	Operation string
	Field     Field
}

// page is what the template "page" shows.
type page struct {
	Kind, Title, Place, Footer string
	Nav                        []link
	Patterns                   template.HTML
	Inline                     *inline // a file that needs no server
	Stage, Planned             stage
	Choice                     choice
	Operations                 operations
	WhatIf                     bench
	Several                    sections
}

// sections are the runs on several services.
type sections struct {
	Tone, Mark, Line string
	Of               []section
}

type section struct {
	ID, Name, Title string
	Failed          bool
	Stage           stage
}

type link struct {
	Href, Text string
	Here       bool
}

// choice is what there is to choose from.
type choice struct {
	Cluster            string
	Clusters, Services []string
	Instances          []cluster.Instance
	More               bool
	Problem            string
}

// operations are what can be asked for on a page.
type operations struct {
	Path    string
	Forms   []Form
	Actions bool
}

// stage is one picture with its texts, as the page begins with it.
type stage struct {
	Side, Label                           string
	Lead, Figures, Picture, Events, Table template.HTML
	Data                                  string // the frame without its parts
}

// frame is one picture with its texts, as it is sent to the page's script. Each part takes the place of the one that is shown.
type frame struct {
	Parts    map[string]string `json:"parts"`
	Counts   []timeline.Count  `json:"counts"`
	Live     bool              `json:"live"`               // more is to come
	Busy     bool              `json:"busy"`               // an operation that was started here runs
	Question string            `json:"question,omitempty"` // of a plan: what is asked before it is started
	Confirm  string            `json:"confirm,omitempty"`  // and what the answer has to be
	Command  string            `json:"command,omitempty"`
	// Fingerprint is that of a plan; what is begun must have the one that was shown.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// first is the stage that shows a frame before there is a script.
func (f frame) first(side, label string) stage {
	part := func(name string) template.HTML { return template.HTML(f.Parts[name]) } //nolint:gosec // made by our own templates and by timeline.SVG, which escape
	data, _ := json.Marshal(frame{Counts: f.Counts})                                // numbers always marshal
	return stage{Side: side, Label: label, Data: string(data), Lead: part("lead"), Figures: part("figures"), Picture: part("picture"), Events: part("events"), Table: part("table")}
}

// scene is what a frame shows, before it is put into words and shapes.
type scene struct {
	Lead    lead
	Figures []figure
	Drawing timeline.Drawing
	Events  []event
	Live    bool
	Busy    bool
}

type lead struct {
	Tone  string // ok, warn, bad, or nothing
	Mark  string
	Title string
	Line  string
	Notes []string
	Why   *why // why it does not get on; nil: that is not known, or it does
}

type figure struct {
	Name, Value, Of, Note, Tone string
}

type event struct {
	At, Clock, Message string
	Tasks              []string // that it names
	Predicted, Divider bool
}

// render makes the parts of a frame.
func render(t *template.Template, s scene) frame {
	line := s.Drawing.Actual
	if line == nil {
		line = s.Drawing.Predicted
	}
	s.Drawing.Bare = true
	f := frame{Counts: line.Counts, Live: s.Live, Busy: s.Busy, Parts: map[string]string{"picture": timeline.SVG(s.Drawing)}}
	for name, value := range map[string]any{"lead": s.Lead, "figures": s.Figures, "events": s.Events, "table": tableOf(*line)} {
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, name, value); err != nil {
			b.WriteString(template.HTMLEscapeString(err.Error()))
		}
		f.Parts[name] = b.String()
	}
	return f
}

// foldAbove is how many lanes are drawn one by one unless the page asks for every one: what still can be seen at once.
const foldAbove = 60

// table is a record as a table.
type table struct {
	Phases []timeline.Phase
	Lanes  []tableLane
}

type tableLane struct {
	Name, Kind, Zone string
	Phases           []string
	End              string
}

func tableOf(t timeline.Timeline) table {
	all := table{Phases: timeline.Phases()}
	for _, l := range t.Lanes {
		row := tableLane{Name: l.Name, Kind: "new", Zone: l.Zone, Phases: make([]string, len(all.Phases))}
		if l.Old {
			row.Kind = "old"
		}
		for i, p := range all.Phases {
			for _, s := range l.Spans {
				if s.Phase == p {
					row.Phases[i] = strings.TrimPrefix(row.Phases[i]+", "+s.From.String()+"–"+s.To.String(), ", ")
				}
			}
		}
		switch {
		case l.Failed != "":
			row.End = "failed: " + l.Failed
		case l.Ended:
			row.End = "stopped"
		}
		all.Lanes = append(all.Lanes, row)
	}
	return all
}

// show answers with a whole page.
func (s *Server) show(w http.ResponseWriter, p page) {
	p.Patterns = template.HTML(timeline.Patterns()) //nolint:gosec // a constant
	p.Nav = append(p.Nav, link{Href: "/what-if", Text: "What if", Here: p.Kind == "what-if"})
	p.Place = "on paper, without an account"
	if place := s.options.Place; place != nil {
		p.Nav = append([]link{{Href: "/services", Text: "Services", Here: p.Kind == "services" || p.Kind == "subject"}}, p.Nav...)
		p.Place = place.words()
	}
	p.Footer = strings.TrimSpace("Handover " + s.options.Version + " · this page asks nothing of any other host")
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, "page", p); err != nil {
		http.Error(w, "drawing the page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

// words say which place it is.
func (p *Place) words() string {
	if p.Simulated {
		return "simulated on the emulator · " + p.Region
	}
	return fmt.Sprintf("account %s · %s · as %s", p.Account, p.Region, p.Caller)
}

// asset answers with a file of the page.
func asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	text, err := fs.ReadFile(assets, path.Join("assets", name))
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	kind, known := types[path.Ext(name)]
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	if path.Ext(name) == ".css" {
		text = append([]byte(timeline.Style()), text...)
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(text)
}

// home goes to what the server was started for.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	to := "/what-if"
	switch {
	case s.options.Open != nil:
		to = s.options.Open.path()
	case s.options.Place != nil:
		to = "/services"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// choose shows the services and the container instances of a cluster.
func (s *Server) choose(w http.ResponseWriter, r *http.Request) {
	c, directory := choice{Cluster: r.FormValue("cluster")}, s.options.Place.Directory
	var more bool
	var err error
	if c.Clusters, c.More, err = directory.Clusters(r.Context()); err != nil {
		c.Problem = err.Error()
	}
	if c.Cluster == "" && len(c.Clusters) > 0 {
		c.Cluster = c.Clusters[0]
	}
	if c.Cluster != "" {
		if c.Services, more, err = directory.Services(r.Context(), c.Cluster); err != nil {
			c.Problem = err.Error()
		}
		c.More = c.More || more
		if c.Instances, more, err = directory.Instances(r.Context(), c.Cluster); err != nil {
			c.Problem = err.Error()
		}
		c.More = c.More || more
	}
	s.show(w, page{Kind: "services", Title: "Services", Choice: c})
}

// drawing is how the page wants its pictures: width in pixels, and whether every lane is to be drawn.
func drawing(r *http.Request) timeline.Drawing {
	d := timeline.Drawing{Width: 960, Rows: foldAbove}
	if width, err := strconv.Atoi(r.FormValue("width")); err == nil {
		d.Width = min(max(width, 280), 2400)
	}
	if r.FormValue("lanes") == "all" {
		d.Rows = 0
	}
	return d
}
