package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
	"handover/internal/scenario"
	"handover/internal/timeline"
	"handover/internal/web"
	"handover/internal/world"
)

const host = "127.0.0.1:4321"

// place is a world in the time of a synctest bubble, and how often it was looked at.
type place struct {
	mu    sync.Mutex
	world *world.World
	began time.Time
	start time.Time
	looks int
}

func newPlace(t *testing.T) *place {
	t.Helper()
	file, err := scenario.Parse("scene", "target-group web drain=30s\nservice api desired=3 target-group=web\n")
	if err != nil {
		t.Fatal(err)
	}
	_, w, err := scenario.Play(file, scenario.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return &place{world: w, began: time.Now(), start: w.Now()}
}

func (p *place) Now() time.Time { return p.start.Add(time.Since(p.began)) }

func (p *place) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looks++
	p.world.AdvanceTo(p.Now())
	return p.world.Look(scope), ctx.Err()
}

func (p *place) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	var outcomes []cluster.Outcome
	for _, a := range actions {
		answer, err := p.world.Act(p.Now(), a)
		if err != nil {
			return append(outcomes, cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassInvalid, "Refused", "%v", err)})
		}
		outcomes = append(outcomes, cluster.Outcome{Result: cluster.Done, IDs: answer.IDs})
	}
	return outcomes
}

func (p *place) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *place) Clusters(context.Context) ([]string, bool, error) {
	return []string{"default"}, false, nil
}

func (p *place) Services(_ context.Context, inCluster string) ([]string, bool, error) {
	if inCluster != "default" {
		return nil, false, fmt.Errorf("there is no cluster %s", inCluster)
	}
	return []string{"api", "<b>"}, true, nil
}

func (p *place) Instances(context.Context, string) ([]cluster.Instance, bool, error) {
	return []cluster.Instance{{ID: "0123", EC2ID: "i-0123", Status: cluster.InstanceActive, Running: 2}}, false, nil
}

// plan plans as the command line does, but for the forecast: a restart, and what ends one.
func (p *place) plan(ctx context.Context, asked web.Asked) (web.Plan, error) {
	key := asked.Subject.Key()
	snapshot, err := p.Observe(ctx, cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true}.Of())
	if err != nil {
		return web.Plan{}, err
	}
	view, _ := snapshot.Service(key)
	s := view.Service
	plan := web.Plan{View: view, Question: "Restart 3 tasks?", Plan: console.Plan{Operation: asked.Operation, Service: key.String(), Desired: s.Desired, Floor: s.Desired, Ceiling: 2 * s.Desired, Fingerprint: s.Deployments[0].ID}}
	switch asked.Operation {
	case "restart":
		plan.Timeline = &timeline.Timeline{Kind: timeline.Predicted, Operation: "restart", Service: key, Until: timeline.Offset(90 * time.Second), Desired: s.Desired}
	case "abort":
		plan.Beside = true
	default:
		return web.Plan{}, fmt.Errorf("there is no %s", asked.Operation)
	}
	if asked.Options.Has("fast") {
		plan.Name = key.Service
	}
	if asked.Options.Get("max-percent") == "100" {
		plan.Refusal = &cluster.Cause{Text: "it would never finish"}
		return plan, nil
	}
	plan.Begin = func(watch web.Watch) (cluster.Verdict, error) {
		var op operation.Operation = &operation.Keep[*operation.Restart]{Timeout: time.Hour, Body: operation.NewRestart(key, operation.RestartOptions{AllowNewCode: true})}
		if asked.Operation == "abort" {
			op = &operation.Abort{Service: key, By: "the test"}
		}
		ending, err := operation.Driver{Provider: p, Watch: watch}.Run(context.Background(), op)
		if err != nil {
			return cluster.Verdict{}, err
		}
		return *ending.Verdict, nil
	}
	return plan, nil
}

// browser asks a server with the cookie that it was given.
type browser struct {
	t      *testing.T
	server http.Handler
	cookie *http.Cookie
}

func (b *browser) ask(method, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, "http://"+host+path, nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookie = c
	}
	return w
}

func enter(t *testing.T, o web.Options) *browser {
	t.Helper()
	o.Host, o.Token = host, "TOKEN"
	b := &browser{t: t, server: web.New(t.Context(), o)}
	if w := b.ask("GET", "/?token=TOKEN", nil); w.Code != http.StatusOK || b.cookie == nil {
		t.Fatalf("the token gave %d and the cookie %v", w.Code, b.cookie)
	}
	return b
}

func TestNobodyElseGetsIn(t *testing.T) {
	b := enter(t, web.Options{})
	stranger := &browser{t: t, server: b.server}
	for name, c := range map[string]struct {
		who    *browser
		method string
		path   string
		change func(*http.Request)
		code   int
	}{
		"without a cookie":             {stranger, "GET", "/what-if", nil, 403},
		"a wrong token":                {stranger, "GET", "/?token=OTHER", nil, 403},
		"the token once more":          {stranger, "GET", "/?token=TOKEN", nil, 403},
		"an asset without a cookie":    {stranger, "GET", "/assets/page.js", nil, 403},
		"a wrong cookie":               {stranger, "GET", "/", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "handover-4321", Value: "guessed"}) }, 403},
		"another name of this machine": {b, "GET", "/what-if", func(r *http.Request) { r.Host = "rebound.example:4321" }, 421},
		"another page that asks":       {b, "GET", "/what-if", func(r *http.Request) { r.Header.Set("Origin", "http://elsewhere.example") }, 403},
		"another page that posts":      {b, "POST", "/services/default/api/begin", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"the page itself":              {b, "GET", "/what-if", nil, 200},
		"its own browser once more":    {b, "GET", "/?token=TOKEN", nil, 303},
	} {
		w := c.who.ask(c.method, c.path, c.change)
		if w.Code != c.code {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, c.code, w.Body)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", name, policy)
		}
	}
	if b.cookie.SameSite != http.SameSiteStrictMode || !b.cookie.HttpOnly || b.cookie.Value == "TOKEN" {
		t.Errorf("the cookie is %+v", b.cookie)
	}
}

func TestNamesAreText(t *testing.T) {
	b := enter(t, web.Options{Place: &web.Place{Provider: newPlace(t), Directory: newPlace(t)}})
	page := b.ask("GET", "/services", nil).Body.String()
	if strings.Contains(page, "<b>") || !strings.Contains(page, "&lt;b&gt;") {
		t.Error("a service's name is taken for HTML")
	}
	if w := b.ask("GET", "/services?cluster=%3Cscript%3E", nil); strings.Contains(w.Body.String(), "<script>") {
		t.Error("a cluster's name is taken for HTML")
	}
}

type frame struct {
	Parts    map[string]string
	Live     bool
	Busy     bool
	Error    string
	Question string
	Confirm  string
	Command  string

	Fingerprint string
}

func decode[T any](t *testing.T, text []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestWhatIf(t *testing.T) {
	b := enter(t, web.Options{})
	if w := b.ask("GET", "/", nil); w.Header().Get("Location") != "/what-if" {
		t.Errorf("without an account the page begins at %q", w.Header().Get("Location"))
	}
	both := decode[map[string]frame](t, b.ask("GET", "/what-if/runs?a.min=50&a.max=100&b.max=100&width=400", nil).Body.Bytes())
	if lead := both["a"].Parts["lead"]; !strings.Contains(lead, "never fewer than 3 of 5 healthy") {
		t.Errorf("A says %s", lead)
	}
	if lead := both["b"].Parts["lead"]; !strings.Contains(lead, "never finish") {
		t.Errorf("B says %s", lead)
	}
	if !strings.Contains(both["a"].Command, "min=50 max=100") || !strings.Contains(both["b"].Command, "--max-percent 100") {
		t.Errorf("the commands are\n%s\n%s", both["a"].Command, both["b"].Command)
	}
	other := decode[map[string]frame](t, b.ask("GET", "/what-if/runs?a.method=2&a.surge=1&a.desired=3&b.method=3", nil).Body.Bytes())
	if lead := other["a"].Parts["lead"]; !strings.Contains(lead, "never fewer than 3 of 3 healthy") || !strings.Contains(other["a"].Command, "recycle app --emulated --scenario scene.txt --method stop --batch 1 --surge 1") {
		t.Errorf("a recycle says %s and %s", lead, other["a"].Command)
	}
	if lead := other["b"].Parts["lead"]; !strings.Contains(lead, "never fewer than 0 of 5 healthy") || !strings.HasSuffix(other["b"].Command, " --fast") {
		t.Errorf("a fast restart says %s and %s", lead, other["b"].Command)
	}
	for _, wrong := range []string{"a.min=101", "a.method=4", "b.drain=x", "a.desired=0"} {
		if w := b.ask("GET", "/what-if/runs?"+wrong, nil); w.Code != http.StatusBadRequest || decode[frame](t, w.Body.Bytes()).Error == "" {
			t.Errorf("%s: %d %s", wrong, w.Code, w.Body)
		}
	}
}

// stream reads frames as they come.
type stream struct {
	*bufio.Scanner
	close func()
}

func (b *browser) follow(path string) stream {
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(b.t.Context())
	r := httptest.NewRequest("GET", "http://"+host+path, nil).WithContext(ctx)
	r.AddCookie(b.cookie)
	go func() {
		b.server.ServeHTTP(&streamed{ResponseRecorder: httptest.NewRecorder(), to: write}, r)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	lines.Buffer(nil, 1<<20)
	return stream{Scanner: lines, close: func() { cancel(); _ = read.Close() }}
}

// streamed is an answer that is read while it is written.
type streamed struct {
	*httptest.ResponseRecorder
	to io.Writer
}

func (s *streamed) Write(p []byte) (int, error) { return s.to.Write(p) }

func (s stream) next(t *testing.T) frame {
	t.Helper()
	for s.Scan() {
		if data, ok := strings.CutPrefix(s.Text(), "data: "); ok {
			return decode[frame](t, []byte(data))
		}
	}
	t.Fatal("the frames have ended")
	return frame{}
}

func TestWatchingAndRestarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		b := enter(t, web.Options{Place: &web.Place{Provider: p, Directory: p, Simulated: true}, Plan: p.plan, Actions: true})
		time.Sleep(time.Minute)
		if p.looks != 0 {
			t.Errorf("%d looks without a viewer", p.looks)
		}
		frames := b.follow("/services/default/api/frames?width=900")
		if first := frames.next(t); !strings.Contains(first.Parts["lead"], "steady") || !first.Live || first.Busy {
			t.Errorf("it begins with %+v", first)
		}
		plan := b.plan("operation=restart")
		if plan.Confirm != "yes" || plan.Question == "" || plan.Fingerprint == "" || !strings.Contains(plan.Parts["picture"], "<svg") {
			t.Errorf("the plan asks %q, to be answered by %q", plan.Question, plan.Confirm)
		}
		if fast := b.plan("operation=restart&fast=true"); fast.Confirm != "api" {
			t.Errorf("what is dangerous is confirmed by %q", fast.Confirm)
		}
		if refused := b.plan("operation=restart&max-percent=100"); refused.Confirm != "" || !strings.Contains(refused.Parts["lead"], "would be refused: it would never finish") {
			t.Errorf("what is refused can be confirmed by %q, and says %s", refused.Confirm, refused.Parts["lead"])
		}
		shown := "operation=restart&fingerprint=" + url.QueryEscape(plan.Fingerprint)
		for form, code := range map[string]int{shown: 403, shown + "&confirm=no": 403, shown + "&fast=true&confirm=yes": 403, "operation=dance&confirm=yes": 400,
			shown + "&max-percent=100&confirm=yes": 409, "operation=restart&confirm=yes&fingerprint=other": 409} {
			if w := b.begin(form); w.Code != code {
				t.Errorf("%s: %d, want %d: %s", form, w.Code, code, w.Body)
			}
		}
		if w := b.begin(shown + "&confirm=yes"); w.Code != http.StatusAccepted {
			t.Fatalf("the restart was answered by %d: %s", w.Code, w.Body)
		}
		if w := b.begin(shown + "&confirm=yes"); w.Code != http.StatusConflict {
			t.Errorf("a second one was answered by %d", w.Code)
		}
		busy, f := 0, frame{Live: true}
		for ; f.Live || busy == 0; f = frames.next(t) {
			if f.Busy {
				busy++
			}
		}
		if busy < 10 || !strings.Contains(f.Parts["lead"], "Restarted default/api in") || !strings.Contains(f.Parts["lead"], "predicted") {
			t.Errorf("after %d frames it ends with %s", busy, f.Parts["lead"])
		}
		frames.close()
		synctest.Wait()
		before := p.looks
		time.Sleep(time.Hour)
		if p.looks != before {
			t.Errorf("%d looks after the last viewer had left", p.looks-before)
		}
	})
}

// What ends an operation may begin while that one runs, and both say how they ended.
func TestAbortingWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		server := web.Options{Place: &web.Place{Provider: p, Directory: p, Simulated: true}, Plan: p.plan, Actions: true}
		b := enter(t, server)
		frames := b.follow("/services/default/api/frames")
		frames.next(t)
		begin := func(name string) {
			shown := b.plan("operation=" + name)
			if w := b.begin("operation=" + name + "&confirm=yes&fingerprint=" + url.QueryEscape(shown.Fingerprint)); w.Code != http.StatusAccepted {
				t.Fatalf("%s was answered by %d: %s", name, w.Code, w.Body)
			}
		}
		begin("restart")
		for f := frames.next(t); !strings.Contains(f.Parts["lead"], "Waiting for"); f = frames.next(t) {
		}
		time.Sleep(20 * time.Second)
		begin("abort")
		var f frame
		for f = frames.next(t); f.Busy || !strings.Contains(f.Parts["lead"], "abort: "); f = frames.next(t) {
		}
		if lead := f.Parts["lead"]; !strings.Contains(lead, "rolled default/api back") {
			t.Errorf("it ends with %s", lead)
		}
		frames.close()
	})
}

// plan asks for a plan.
func (b *browser) plan(query string) frame {
	b.t.Helper()
	return decode[frame](b.t, b.ask("GET", "/services/default/api/plan?"+query, nil).Body.Bytes())
}

// begin begins what was planned.
func (b *browser) begin(form string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.ask("POST", "/services/default/api/begin", func(r *http.Request) {
		r.Header.Set("Origin", "http://"+host)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = io.NopCloser(strings.NewReader(form))
	})
}

func TestActionsMustBeAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		b := enter(t, web.Options{Place: &web.Place{Provider: p, Directory: p}, Plan: p.plan})
		shown := b.plan("operation=restart")
		if w := b.begin("operation=restart&confirm=yes&fingerprint=" + url.QueryEscape(shown.Fingerprint)); w.Code != http.StatusForbidden {
			t.Errorf("a page that only shows answered %d", w.Code)
		}
	})
}

// Two viewers of a steady service cost as many looks as one: the service alone every ten seconds, all of it once a minute.
func TestViewersShareAReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		b := enter(t, web.Options{Place: &web.Place{Provider: p, Directory: p}})
		var viewers sync.WaitGroup
		var all []stream
		for range 2 {
			frames := b.follow("/services/default/api/frames")
			all = append(all, frames)
			viewers.Go(func() {
				for frames.Scan() {
				}
			})
		}
		time.Sleep(time.Hour)
		for _, frames := range all {
			frames.close()
		}
		viewers.Wait()
		if p.looks < 355 || p.looks > 365 {
			t.Errorf("%d looks in an hour", p.looks)
		}
	})
}
