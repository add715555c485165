package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/diagnosis"
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

// check refuses a file that cannot be written, before anything is done that it is to show.
func (p *pictures) check() error {
	for _, named := range [][2]string{{"--html", p.html}, {"--svg", p.svg}} {
		folder, err := os.Stat(filepath.Dir(named[1]))
		if named[1] != "" && (err != nil || !folder.IsDir()) {
			return usage(nil, "%s: there is no folder %s", named[0], filepath.Dir(named[1]))
		}
	}
	return nil
}

// recording is the record of a run, made of the operation's own looks while it goes on.
type recording struct {
	recorder  *timeline.Recorder
	look      func(cluster.Snapshot) (view cluster.ServiceView, whole bool) // finds what is recorded, if it was read wholly
	view      cluster.ServiceView                                           // as it was seen last
	line      timeline.Timeline
	predicted *timeline.Timeline // nil: there is none
}

// see takes what a step was given, if it is a whole look.
func (r *recording) see(in operation.Input) {
	if r == nil {
		return
	}
	if view, whole := r.look(in.Snapshot); whole {
		r.recorder.See(in.Snapshot.At, view)
		r.view, r.line = view, r.recorder.Timeline(false)
	}
}

// recording begins the record of a change that is about to be carried out.
func (c change) recording(conn *Connection, f found) *recording {
	floor, ceiling := c.limits(f.view.Service)
	r := c.recorded(conn, f.view, timeline.Run{Begin: conn.Provider.Now(), Floor: floor, Ceiling: ceiling})
	if f.prediction != nil {
		r.predicted = c.predicted(f)
	}
	return r
}

// following begins the record of what is followed, with a whole look at it: with its deployment where that is under way, or else with some of its past.
func (c change) following(conn *Connection, at time.Time, view cluster.ServiceView) *recording {
	s := view.Service
	primary, _ := s.Primary()
	run := timeline.Run{Begin: at.Add(-shownPast), Watermark: primary.CreatedAt, Floor: s.Bounds.Floor(s.Desired), Ceiling: s.Bounds.Ceiling(s.Desired)}
	if primary.Rollout == cluster.RolloutInProgress && !primary.CreatedAt.IsZero() {
		run.Begin = primary.CreatedAt
	}
	r := c.recorded(conn, view, run)
	r.recorder.See(at, view)
	r.line = r.recorder.Timeline(false)
	return r
}

// shownPast is how much is shown of the past of a service to which nothing happens.
const shownPast = 10 * time.Minute

// recorded begins a record of the service.
func (c change) recorded(conn *Connection, view cluster.ServiceView, run timeline.Run) *recording {
	run.Kind, run.Simulated, run.Operation, run.Service = timeline.Actual, conn.Identity.Simulated, c.operation, c.service
	whole := cluster.ServiceScope{Service: c.service, Tasks: cluster.AllTasks, Targets: true}.Of()
	return &recording{view: view, recorder: timeline.NewRecorder(run), look: func(s cluster.Snapshot) (cluster.ServiceView, bool) {
		view, there := s.Service(c.service)
		return view, there && s.Scope.Covers(whole)
	}}
}

// report makes the page of a run that has ended.
func (c change) report(conn *Connection, r *recording, v cluster.Verdict, why *diagnosis.Diagnosis) web.Report {
	report := web.ReportOf(r.recorder.Timeline(true), r.predicted, v)
	report.Diagnosis = why
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

// conclude tells the verdict and where the run is drawn. That a picture could not be written does not change what came of the run.
func (c change) conclude(d *driven, p pictures, verdict cluster.Verdict) error {
	report := c.report(d.conn, d.recording, verdict, d.diagnosis)
	drawn := p.draw(report)
	var kept error
	if d.report, kept = c.keep(d.recording.view, report); kept != nil {
		if err := d.tell(d.narrator.Warn("the report could not be kept: "+kept.Error(), d.conn.Provider.Now())); err != nil {
			return err
		}
	}
	if ended := d.end(verdict); ended != nil {
		return ended
	}
	return drawn
}

// draw writes a run into the files that were asked for.
func (p pictures) draw(r web.Report) error {
	if err := p.page(r); err != nil {
		return err
	}
	if p.svg != "" {
		picture := timeline.SVG(timeline.Drawing{Actual: r.Actual, Predicted: r.Predicted, Rows: pictureRows})
		if err := os.WriteFile(p.svg, []byte(picture), 0o600); err != nil {
			return &failure{code: exitUnexpected, err: fmt.Errorf("writing the picture: %w", err)}
		}
	}
	return nil
}

// drawAll writes the runs on several services into one page; one picture of them all there is not.
func (p pictures) drawAll(all web.Reports) error {
	if len(all.Of) == 0 {
		return nil
	}
	return p.page(all)
}

// page writes a page into the file that was asked for.
func (p pictures) page(r interface{ Write(io.Writer) error }) error {
	if p.html == "" {
		return nil
	}
	var page bytes.Buffer
	if err := r.Write(&page); err != nil {
		return err
	}
	if err := os.WriteFile(p.html, page.Bytes(), 0o600); err != nil {
		return &failure{code: exitUnexpected, err: fmt.Errorf("writing the page: %w", err)}
	}
	return nil
}

// pictureRows is how many lanes a picture has before they are folded: about as many as fit a screen.
const pictureRows = 60

// keep leaves the page of a run where the journal is, and gives the file's name; empty where nothing is to be remembered, and of a run that changed nothing.
func (c change) keep(of cluster.ServiceView, report web.Report) (file string, err error) {
	store, ok := c.journal()
	if !ok || c.watches || len(report.Actual.Lanes) == 0 {
		return "", nil
	}
	var page bytes.Buffer
	if err := report.Write(&page); err != nil {
		return "", err
	}
	place, err := cluster.ParseARN(of.Service.ARN)
	if err != nil {
		return "", fmt.Errorf("the service has no ARN: %w", err)
	}
	return store.Page(place, c.service, report.Actual.Begin, page.Bytes())
}
