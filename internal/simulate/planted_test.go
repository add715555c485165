package simulate

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var plantedSeeds = flag.String("planted", "", "plant each bug and run so many seeds on it, such as 3000; it takes minutes")

// planted is one changed line.
type planted struct{ name, file, from, to string }

// bugs are lines of operations, of Keep and of the record, changed as somebody might get them wrong.
func bugs() []planted {
	return []planted{
		{"protects the victims, too", "operation/recycle_graceful.go", "if !t.MeantToRun() || spared[t.ID] || othersProtect(in, t) {", "if !t.MeantToRun() || othersProtect(in, t) {"},
		{"protects nobody", "operation/recycle_graceful.go", "if t.ProtectedUntil.Sub(in.Now) < protectLeft {", "if false {"},
		{"does not wait for the replacements", "operation/recycle_graceful.go", "sound < lowered {", "sound < 0 {"},
		{"lets more tasks come than announced", "operation/recycle.go", "case tasks+batch > r.Options.Ceiling(view.Service.Desired-surge):", "case tasks+batch > 1000+surge:"},
		{"takes others' protection for ours", "operation/recycle.go", "return in.Now.Before(t.ProtectedUntil) && (in.Held.Protection == nil || !in.Held.Protection.Ours(t.ProtectedUntil))", "return false && in.Held.None()"},
		{"takes all protection away", "operation/putback.go", "&& !t.ProtectedUntil.IsZero() && p.Ours(t.ProtectedUntil) {", "&& !t.ProtectedUntil.IsZero() {"},
		{"stops before the service is whole", "operation/recycle_stop.go", "if sound < desired-len(batch) || r.Going && !r.whole(in, view) {", "if r.Going && !r.whole(in, view) {"},
		{"sets the desired count instead of lowering it", "record/held.go", "return max(d.Base, now-d.By)", "return d.Base"},
		{"lowers below what there was", "record/held.go", "return max(d.Base, now-d.By)", "return now - d.By - 1"},
		{"believes the first look that shows no raise", "operation/recycle.go", "shows := r.Moved.Add(doubtLooks * doubtLook)", "shows := r.Moved"},
		{"forgets what a lost answer may have changed", "operation/keep.go", "case allRejected(outcomes): // nothing was changed; and nothing at all where they were not sent", "case true:"},
		{"does not write down what is about to be changed", "operation/keep.go", "if shown && (due || k.Unsure || !k.Held.Same(k.Written) || k.Body.Target().Options != k.Noted) {", "if shown && due {"},
		{"believes that a record was written whose answer was lost", "operation/keep.go", "if k.Unsure = outcomes[0].Result != cluster.Done; !k.Unsure {", "if k.Unsure = false; !k.Unsure {"},
		{"leaves the record", "operation/keep.go", "k.Back.Recorded = !k.Lease.IsZero()", "k.Back.Recorded = false"},
		{"puts bounds back over someone else's", "operation/putback.go", "case s.Bounds != b.Ours && s.Bounds != b.Former:", "case false:"},
		{"does not resume auto scaling", "operation/putback.go", "suspended.In = false", "suspended.In = true"},
		{"puts the maximum back over someone else's", "operation/putback.go", "(m.Mine(target.Max) || target.Max == m.Former) {", "true {"},
		{"raises the minimum, too", "operation/recycle.go", "action.Max = &held.Max.Ours", "action.Max, action.Min = &held.Max.Ours, &held.Max.Ours"},
		{"calls it done while old tasks drain", "operation/recycle.go", "case r.leaving(in, view) > 0:", "case false:"},
		{"stops new tasks, too", "operation/selection.go", "case !createdBy(t, watermark.Add(-s.OlderThan)):", "case false:"},
		{"calls a rollback a success", "operation/restart.go", `d := r.fail(cluster.Failed, cause, "to see why`, `d := r.fail(cluster.Succeeded, cause, "to see why`},
		{"calls it a success while old tasks are left", "operation/restart.go", "cluster.RolloutInProgress || r.Tally.Replaced < r.Old || len(view.Service.Deployments) > 1:", "cluster.RolloutInProgress:"},
		{"calls it refused after a revision was registered", "operation/update.go", "case d.Verdict.End == cluster.Refused && u.Changed:", "case false:"},
		{"takes one of two candidates for ours", "operation/restart.go", "case len(fresh) == 1:", "case len(fresh) > 0:"},
		{"takes any deployment that is new for ours", "operation/restart.go", "return same && !d.CreatedAt.After(a.By)", "return same || !d.CreatedAt.After(a.By)"},
		{"protects until another time beside the first", "operation/recycle_graceful.go", "if in.Held.Protection != nil {", "if false {"},
		{"forgets that a maximum was ours before", "record/held.go", "|| m.Earlier != 0 && m.Earlier <= now && now <= m.Ours", ""},
		{"goes on where it may not write any more", "operation/keep.go", "if denied != nil {", "if false {"},
		{"stops with a part of the surge missing", "operation/recycle_stop.go", "case missing > 0: // someone", "case false: // someone"},
		{"goes on from a record with another watermark", "operation/recycle.go", "watermark := in.Since", "watermark := in.Now"},
	}
}

// leavingBugs are lines of what takes instances out of service.
func leavingBugs() []planted {
	return []planted{
		{"leaves out tasks that drain their connections", "operation/exodus.go", "l.Tasks++\n\t\t\t\te.add(t)", "l.Tasks++\n\t\t\t\tif t.MeantToRun() { e.add(t) }"},
		{"believes the first look that shows nothing", "operation/exodus.go", "if e.Clear++; e.Clear < clearLooks || in.Now.Before(e.Watermark.Add(clearAfter)) {", "if e.Clear++; false {"},
		{"takes what could not be read for nothing", "operation/exodus.go", "if !readOn(in.Snapshot, e.Cluster) {\n\t\treturn Decision{Look: e.tasks()", "if false {\n\t\treturn Decision{Look: e.tasks()"},
		{"does not wait for daemons", "operation/exodus.go", "return tasks + daemons", "return tasks"},
		{"stops tasks of services", "operation/exodus.go", `if t.Service() == "" && t.MeantToRun() && stopped`, "if t.MeantToRun() && stopped"},
		{"stops standalone tasks unasked", "operation/exodus.go", "if e.Options.Standalone != StopStandalone || in.Now", "if in.Now"},
		{"gives up at the first throttle", "operation/exodus.go", "case cluster.ClassThrottled, cluster.ClassUnavailable, cluster.ClassNotFound, cluster.ClassState:", "case cluster.ClassNotFound, cluster.ClassState:"},
		{"leaves instances DRAINING after a failure", "operation/drain.go", "verdict.End != cluster.Succeeded && !d.Exodus.Options.StayDraining && !detached", "false && !detached"},
		{"leaves maxima raised", "operation/drain.go", "m.Operation.Body.Over, m.Due = true, time.Time{}", "m.Due = time.Time{}"},
		{"takes an unreadable cluster for one without the instance", "operation/departure.go", "case ok:", "case ok || true:"},
		{"has a limit where none was set", "operation/departure.go", "if d.Options.Limit == 0 || in.Now.Before(", "if in.Now.Before("},
		{"sends no heartbeats", "operation/departure.go", "if d.Hook != nil && !in.Now.Before(d.due()) {", "if false {"},
		{"completes at the limit, though it is to be extended", "operation/departure.go", "extended := d.Hook != nil && d.Options.AtLimit == Extend", "extended := false"},
		{"completes again without looking again", "operation/departure.go", "if completing && outcome.Result != cluster.Done {", "if false {"},
		{"refuses to drain where a service blocks", "operation/departure.go", "DrainOptions{Force: true,", "DrainOptions{"},
	}
}

// TestPlantedBugsOfLeavingAreFound does the same for drains and departures.
func TestPlantedBugsOfLeavingAreFound(t *testing.T) {
	if *plantedSeeds == "" {
		t.Skip("it takes minutes, and is asked for by -planted SEEDS")
	}
	for _, bug := range leavingBugs() {
		t.Run(bug.name, func(t *testing.T) { bug.find(t, "TestFaultRunsOfInstancesThatLeave", "-leavings") })
	}
}

// TestPlantedBugsAreFound plants one bug after the other and holds that fault runs find it. The tag leaves out what needs the SDK, which takes long to link.
func TestPlantedBugsAreFound(t *testing.T) {
	if *plantedSeeds == "" {
		t.Skip("it takes minutes, and is asked for by -planted SEEDS")
	}
	for _, bug := range bugs() {
		t.Run(bug.name, func(t *testing.T) { bug.find(t, "TestFaultRuns$|TestEveryOperationIsSafe", "-seeds", "-faults") })
	}
}

// find holds that some tests fail with the bug; the flags are those that say how many seeds they have.
func (b planted) find(t *testing.T, tests string, flags ...string) {
	t.Helper()
	args := []string{"test", "-tags", "planted", "-overlay", b.plant(t), ".", "-enough", "1", "-run", tests}
	for _, flag := range flags {
		args = append(args, flag, *plantedSeeds)
	}
	text, err := exec.Command("go", args...).CombinedOutput()
	if err == nil {
		t.Fatalf("%s seeds did not find it", *plantedSeeds)
	}
	if strings.Contains(string(text), "[build failed]") {
		t.Fatalf("it does not build:\n%s", text)
	}
	t.Log(found(string(text)))
}

// found is what a fault run said of the first seed that was broken.
func found(text string) string {
	_, rest, _ := strings.Cut(text, "seed ")
	return "seed " + rest[:min(len(rest), 100)]
}

// plant writes the changed file, and an overlay in which it takes the place of the file.
func (b planted) plant(t *testing.T) (overlay string) {
	t.Helper()
	original, err := filepath.Abs(filepath.Join("..", b.file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), b.from) != 1 {
		t.Fatalf("%q is %d times in %s", b.from, strings.Count(string(text), b.from), b.file)
	}
	changed := filepath.Join(t.TempDir(), "changed.go")
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(t.TempDir(), "overlay.json")
	for name, content := range map[string]string{changed: strings.Replace(string(text), b.from, b.to, 1), overlay: string(replaced)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}

// TestBugsCanBePlanted keeps the list in step with the code.
func TestBugsCanBePlanted(t *testing.T) {
	for _, bug := range append(bugs(), leavingBugs()...) {
		bug.plant(t)
	}
}
