package cli

import (
	"bytes"
	"fmt"
	"os"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
	"handover/internal/timeline"
	"handover/internal/web"
)

// pictures are the files into which a run is drawn.
type pictures struct {
	html, svg string
}

func (p *pictures) flags(flags *flagSet) {
	flags.StringVar(&p.html, "html", "", "write the run to this file as a page that needs no server")
	flags.StringVar(&p.svg, "svg", "", "write the run to this file as a picture")
}

// recording is the record of a run, made of the operation's own looks while it goes on.
type recording struct {
	recorder  *timeline.Recorder
	service   cluster.ServiceKey
	arn       string // of the service
	line      timeline.Timeline
	predicted *timeline.Timeline // nil: there is none
}

// see takes what a step was given, if it is a whole look.
func (r *recording) see(in operation.Input) {
	if r == nil || !in.Snapshot.Scope.Covers(cluster.ServiceScope{Service: r.service, Tasks: cluster.AllTasks, Targets: true}.Of()) {
		return
	}
	if view, ok := in.Snapshot.Service(r.service); ok {
		r.recorder.See(in.Snapshot.At, view)
		r.line = r.recorder.Timeline(false)
	}
}

// recording begins the record of a change that is about to be carried out.
func (c change) recording(conn *Connection, f found) *recording {
	s, now := f.view.Service, conn.Provider.Now()
	floor, ceiling := c.limits(s)
	r := &recording{service: c.service, arn: s.ARN, recorder: timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Simulated: conn.Identity.Simulated, Operation: c.operation, Service: c.service,
		Begin: now, Floor: floor, Ceiling: ceiling})}
	if f.prediction != nil {
		r.predicted = c.predicted(f)
	}
	return r
}

// report makes the page of a run that has ended.
func (c change) report(conn *Connection, r *recording, v cluster.Verdict) web.Report {
	report := web.ReportOf(r.recorder.Timeline(true), r.predicted, v)
	report.Place, report.Version = placeOf(conn.Identity), version()
	return report
}

func placeOf(who console.Identity) string {
	place := fmt.Sprintf("account %s · %s · as %s", who.Account, who.Region, who.Caller)
	if who.Simulated {
		place += " · simulated on the emulator"
	}
	return place
}

// draw writes a run into the files that were asked for.
func (p pictures) draw(r web.Report) error {
	if p.html != "" {
		var page bytes.Buffer
		if err := r.Write(&page); err != nil {
			return err
		}
		if err := os.WriteFile(p.html, page.Bytes(), 0o600); err != nil {
			return &failure{code: exitUnexpected, err: fmt.Errorf("writing the page: %w", err)}
		}
	}
	if p.svg != "" {
		picture := timeline.SVG(timeline.Drawing{Actual: r.Actual, Predicted: r.Predicted, Rows: pictureRows})
		if err := os.WriteFile(p.svg, []byte(picture), 0o600); err != nil {
			return &failure{code: exitUnexpected, err: fmt.Errorf("writing the picture: %w", err)}
		}
	}
	return nil
}

// pictureRows is how many lanes a picture has before they are folded: about as many as fit a screen.
const pictureRows = 60

// keep leaves the page of a run where the journal is, and gives the file's name; empty where nothing is to be remembered, and of a run that changed nothing.
func (c change) keep(arn string, report web.Report) (file string, err error) {
	store, ok := c.journal()
	if !ok || len(report.Actual.Lanes) == 0 {
		return "", nil
	}
	var page bytes.Buffer
	if err := report.Write(&page); err != nil {
		return "", err
	}
	place, err := cluster.ParseARN(arn)
	if err != nil {
		return "", fmt.Errorf("the service has no ARN: %w", err)
	}
	return store.Page(place, c.service, report.Actual.Begin, page.Bytes())
}
