package operation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Selection says which of the tasks that were there at the watermark are to be replaced; the zero Selection means all of them.
type Selection struct {
	OlderThan time.Duration `json:"olderThan,omitempty"` // at the watermark
	Limit     int           `json:"limit,omitempty"`     // so many of the oldest; 0: no limit
	Tasks     []string      `json:"tasks,omitempty"`     // ids, or the first digits of ids
	Unhealthy bool          `json:"unhealthy,omitempty"`
	Instance  string        `json:"instance,omitempty"` // the container instance's ARN, or the id that it ends in
	// Last is the last task that Limit lets in, by age: its time of creation and its id. With it the limit stays the same when some are gone.
	Last string `json:"last,omitempty"`
}

// takes tells whether a task is selected, all but Limit considered. What is unhealthy is decided anew at each look.
func (s Selection) takes(view cluster.ServiceView, t *cluster.Task, watermark, now time.Time) bool {
	switch {
	case !createdBy(t, watermark.Add(-s.OlderThan)):
	case s.Last != "" && ageKey(*t) > s.Last:
	case s.Instance != "" && t.Instance != s.Instance && !strings.HasSuffix(t.Instance, "/"+s.Instance):
	case s.Unhealthy && t.MeantToRun() && (t.Last != cluster.Running || view.Healthy(t, now)):
	case len(s.Tasks) > 0 && !slices.ContainsFunc(s.Tasks, func(id string) bool { return strings.HasPrefix(t.ID, cluster.TaskID(id)) }):
	default:
		return true
	}
	return false
}

// none says that no task of a service is selected: "none of the 5 tasks of default/api is older than 30d and unhealthy".
func (s Selection) none(view cluster.ServiceView) string {
	running := 0
	for _, t := range view.Tasks {
		if t.MeantToRun() {
			running++
		}
	}
	var all []string
	if s.OlderThan > 0 {
		all = append(all, "older than "+ageText(s.OlderThan))
	}
	if s.Unhealthy {
		all = append(all, "unhealthy")
	}
	if s.Instance != "" {
		all = append(all, "on container instance "+s.Instance)
	}
	if len(s.Tasks) > 0 {
		all = append(all, "named "+strings.Join(s.Tasks, ", "))
	}
	if running == 0 || len(all) == 0 {
		return fmt.Sprintf("%s has no task to recycle", view.Service.Key)
	}
	return fmt.Sprintf("none of the %s of %s is %s", plural(running, "task"), view.Service.Key, strings.Join(all, " and "))
}

// ageText writes an age as people ask for it: 30d, or 12h0m0s where it is not whole days.
func ageText(age time.Duration) string {
	const day = 24 * time.Hour
	if age%day == 0 {
		return fmt.Sprintf("%dd", age/day)
	}
	return age.String()
}

// ageKey orders tasks by their age, as text: nanoseconds of creation, and the id.
func ageKey(t cluster.Task) string { return fmt.Sprintf("%019d-%s", t.CreatedAt.UnixNano(), t.ID) }

// limited fixes the limit to the tasks that are there.
func (s Selection) limited(view cluster.ServiceView, watermark, now time.Time) Selection {
	if s.Limit <= 0 || s.Last != "" {
		return s
	}
	var keys []string
	for _, t := range view.Tasks {
		if t.MeantToRun() && s.takes(view, &t, watermark, now) {
			keys = append(keys, ageKey(t))
		}
	}
	slices.Sort(keys)
	if len(keys) > s.Limit {
		s.Last = keys[s.Limit-1]
	}
	return s
}

// inTurn orders tasks: those that are on their way down already, for whatever is begun is finished; then the oldest first, across zones in turn.
func inTurn(view cluster.ServiceView, tasks []cluster.Task, now time.Time) []cluster.Task {
	var down, up []cluster.Task
	for _, t := range tasks {
		if t.Last == cluster.Running && !view.Healthy(&t, now) {
			down = append(down, t)
		} else {
			up = append(up, t)
		}
	}
	slices.SortStableFunc(up, func(a, b cluster.Task) int { return strings.Compare(ageKey(a), ageKey(b)) })
	var zones []string
	of := map[string][]cluster.Task{}
	for _, t := range up {
		if !slices.Contains(zones, t.Zone) {
			zones = append(zones, t.Zone)
		}
		of[t.Zone] = append(of[t.Zone], t)
	}
	order := down
	for len(order) < len(tasks) {
		for _, zone := range zones {
			if len(of[zone]) > 0 {
				order, of[zone] = append(order, of[zone][0]), of[zone][1:]
			}
		}
	}
	return order
}

// words writes options as text for the record: word=value, separated by spaces.
type words []string

func (w words) add(name, value string) words {
	if value == "" || value == "0" || value == "0s" {
		return w
	}
	return append(w, name+"="+value)
}

func (w words) flag(name string, on bool) words {
	if !on {
		return w
	}
	return append(w, name)
}

// Text writes the options for the record; ParseRecycle reads it.
func (o RecycleOptions) Text() string {
	s := o.Select
	var w words
	w = w.add("method", string(o.Method)).add("batch", strconv.Itoa(o.Batch)).add("percent", strconv.Itoa(o.Percent)).add("surge", strconv.Itoa(o.Surge))
	w = w.add("wait", o.Wait.String()).flag("canary", o.Canary).flag("drain-first", o.DrainFirst).flag("allow-unstable", o.AllowUnstable)
	w = w.add("older", s.OlderThan.String()).add("limit", strconv.Itoa(s.Limit)).add("last", s.Last).flag("unhealthy", s.Unhealthy).add("instance", s.Instance)
	w = w.add("tasks", strings.Join(s.Tasks, "+"))
	return strings.Join(w, " ")
}

// ParseRecycle reads what Text wrote.
func ParseRecycle(text string) (o RecycleOptions, err error) {
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "method":
			o.Method = Method(value)
		case "batch":
			o.Batch, err = strconv.Atoi(value)
		case "percent":
			o.Percent, err = strconv.Atoi(value)
		case "surge":
			o.Surge, err = strconv.Atoi(value)
		case "wait":
			o.Wait, err = time.ParseDuration(value)
		case "canary":
			o.Canary = true
		case "drain-first":
			o.DrainFirst = true
		case "allow-unstable":
			o.AllowUnstable = true
		case "older":
			o.Select.OlderThan, err = time.ParseDuration(value)
		case "limit":
			o.Select.Limit, err = strconv.Atoi(value)
		case "last":
			o.Select.Last = value
		case "unhealthy":
			o.Select.Unhealthy = true
		case "instance":
			o.Select.Instance = value
		case "tasks":
			o.Select.Tasks = strings.Split(value, "+")
		default:
			err = fmt.Errorf("%q is no option of a recycle", name)
		}
		if err != nil {
			return RecycleOptions{}, fmt.Errorf("reading the options of a recycle: %w", err)
		}
	}
	return o, nil
}
