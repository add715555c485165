package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/timeline"
)

// restartOf is the record of a restart at a time: so many tasks, in batches, each new one healthy 107 s after it was created, each old one gone 65 s after that.
func restartOf(kind timeline.Kind, tasks, batch int, at time.Duration, late time.Duration) timeline.Timeline {
	r := timeline.NewRecorder(timeline.Run{Kind: kind, Operation: "restart", Service: key, Begin: noon, Floor: tasks, Ceiling: tasks + batch})
	for now := time.Duration(0); now <= at; now += 2 * time.Second {
		view := cluster.ServiceView{Service: cluster.Service{Desired: tasks, Definition: revisionARN}}
		for i := range tasks {
			turn := time.Duration(i/batch)*180*time.Second + late
			old := cluster.Task{ID: fmt.Sprintf("%06x%026d", 0xa1f30c+i*7919, i), Last: cluster.Running, Desired: cluster.Running, Health: cluster.Healthy, CreatedAt: noon.Add(-time.Hour), StartedAt: noon.Add(-59 * time.Minute),
				Zone: "eu-west-1" + string(rune('a'+i%3))}
			if now >= turn+117*time.Second {
				old.Last, old.Desired, old.StoppingAt = cluster.Deactivating, cluster.Stopped, noon.Add(turn+117*time.Second)
			}
			if now >= turn+182*time.Second {
				old.Last, old.StoppedAt = cluster.Stopped, noon.Add(turn+182*time.Second)
			}
			view.Tasks = append(view.Tasks, old)
			if now < turn+5*time.Second {
				continue
			}
			fresh := cluster.Task{ID: fmt.Sprintf("%06x%026d", 0x7f20b1+i*7919, i), Last: cluster.Pending, Desired: cluster.Running, Health: cluster.HealthUnknown, CreatedAt: noon.Add(turn + 5*time.Second), Zone: "eu-west-1" + string(rune('a'+i%3))}
			if now >= turn+56*time.Second {
				fresh.Last, fresh.StartedAt = cluster.Running, noon.Add(turn+56*time.Second)
			}
			if now >= turn+112*time.Second {
				fresh.Health = cluster.Healthy
			}
			view.Tasks = append(view.Tasks, fresh)
		}
		r.See(noon.Add(now), view)
	}
	return r.Timeline(kind == timeline.Predicted)
}

// inTheMiddle is a restart of so many tasks after 2m14s.
func inTheMiddle(tasks, batch int) picture {
	predicted := restartOf(timeline.Predicted, tasks, batch, 370*time.Second, 0)
	return picture{
		start:      Start{Moment: momentOf(noon, noon), Operation: "restart", Service: key.String(), Identity: who, Definition: revisionARN, Desired: tasks, Floor: tasks, Ceiling: tasks + batch},
		prediction: &Prediction{Seeds: 1000, Succeeded: 1000, Expected: 370, P90: 380},
		waiting:    &Waiting{Moment: momentOf(noon.Add(119*time.Second), noon), Object: fmt.Sprintf("%d old tasks", batch), Condition: "to drain and stop", Of: tasks, Bound: 144},
		page:       true, rollsBack: true,
		deployment: newDeployment, line: restartOf(timeline.Actual, tasks, batch, 134*time.Second, 2*time.Second), predicted: &predicted, now: noon.Add(134 * time.Second),
	}
}

func plainly(width int, unicode bool) paper {
	return paper{width: width, unicode: unicode, paint: func(_, text string) string { return text }}
}

// drainInTheMiddle is the drain of an instance after 3m02s: ux.md's mock-up.
func drainInTheMiddle() picture {
	r := timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Operation: "drain", Service: key, Begin: noon, Carried: true})
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	for _, now := range []int{0, 150, 182} {
		view := cluster.ServiceView{}
		for i, task := range []struct {
			group         string
			leaves, stops int
		}{{"service:api", 20, 90}, {"service:api", 20, 100}, {"service:api", 151, 600}, {"service:web", 30, 80}, {"service:web", 600, 700}, {"service:worker", 600, 700}, {"family:batch", 600, 700}, {"service:agent", 600, 700}} {
			one := cluster.Task{ID: fmt.Sprintf("%06x%026d", 0xa1f30c+i*7919, i), Group: task.group, Last: cluster.Running, Desired: cluster.Running, CreatedAt: at(-3600), StartedAt: at(-3550)}
			if now >= task.leaves {
				one.Last, one.Desired, one.StoppingAt = cluster.Deactivating, cluster.Stopped, at(task.leaves)
			}
			if now >= task.stops {
				one.Last, one.StoppedAt = cluster.Stopped, at(task.stops)
			}
			view.Tasks = append(view.Tasks, one)
		}
		r.See(at(now), view)
	}
	return picture{
		start: Start{Moment: momentOf(noon, noon), Operation: "drain", Service: "prod/i-0ab1c2d3e4f56789a", Identity: who, Leaving: []Prospect{
			{Tasks: 1, Kind: "alone", Bound: 1800}, {Service: "agent", Tasks: 1, Kind: "last"}, {Service: "api", Tasks: 3, Kind: "moves"}, {Service: "web", Tasks: 2, Kind: "moves"},
			{Service: "worker", Tasks: 1, Kind: "moves", Maximum: 150}}},
		prediction: &Prediction{Seeds: 1000, Succeeded: 1000, Expected: 460, P90: 545},
		waiting:    &Waiting{Moment: momentOf(at(100), noon), Object: "5 tasks", Condition: "to stop on i-0ab1c2d3e4f56789a", Done: 3, Of: 8},
		page:       true, line: r.Timeline(false), now: at(182),
	}
}

func TestPictures(t *testing.T) {
	failing := inTheMiddle(6, 3)
	failing.line.Lanes[7].Failed, failing.line.Lanes[7].Ended = "Task failed ELB health checks in (target-group api-tg)", true
	failing.start.Floor = 8
	every := inTheMiddle(6, 3)
	every.everything = true
	leaving := inTheMiddle(6, 3)
	leaving.leaving, leaving.prediction, leaving.predicted = true, nil, nil
	for name, drawn := range map[string][]string{
		"live.text":          inTheMiddle(6, 3).draw(plainly(100, true)),
		"live-drain.text":    drainInTheMiddle().draw(plainly(100, true)),
		"live-drain-40.text": drainInTheMiddle().draw(plainly(40, false)),
		"live-79.text":       inTheMiddle(6, 3).draw(plainly(79, true)),
		"live-40.text":       inTheMiddle(6, 3).draw(plainly(40, true)),
		"live-ascii.text":    inTheMiddle(6, 3).draw(plainly(100, false)),
		"live-many.text":     inTheMiddle(60, 20).draw(plainly(100, true)),
		"live-failing.text":  failing.draw(plainly(100, true)),
		"live-every.text":    every.draw(plainly(100, true)),
		"live-leaving.text":  leaving.draw(plainly(100, true)),
	} {
		golden(t, name, strings.Join(drawn, "\n")+"\n")
	}
}

// No line is longer than the terminal, whatever is drawn; an escape sequence takes no room.
func TestPicturesFit(t *testing.T) {
	pictures := []picture{drainInTheMiddle()}
	for _, tasks := range []int{1, 6, 24, 60} {
		pictures = append(pictures, inTheMiddle(tasks, max(1, tasks/3)))
	}
	for _, middle := range pictures {
		for width := 40; width <= 200; width++ {
			for _, unicode := range []bool{true, false} {
				p := paper{width: width, unicode: unicode, paint: func(color, text string) string { return "\x1b[" + color + "m" + text + "\x1b[0m" }}
				for _, line := range middle.draw(p) {
					if n := visible(line); n > width {
						t.Fatalf("%d of %d columns in the picture of a %s: %q", n, width, middle.start.Operation, line)
					}
					if !unicode && utf8.RuneCountInString(line) != len(line) {
						t.Fatalf("%q is not ASCII", line)
					}
				}
			}
		}
	}
}

// screen is a terminal that is written to from another goroutine.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestLiveScrollsUpWhatIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, _, _, _ := Test()
		terminal := &screen{}
		streams.Err = terminal
		began := time.Now()
		teller := NewTeller(streams, Text, TTY)
		say := func(d Document) {
			if err := teller.Tell(d); err != nil {
				t.Fatal(err)
			}
		}
		p := inTheMiddle(6, 3)
		say(p.start)
		stopped := 0
		leave := teller.(Audience).Attend(Show{Clock: func() time.Time { return noon.Add(time.Since(began)) }, Predicted: p.predicted, Stop: func() { stopped++ }})
		for _, at := range []time.Duration{0, 10 * time.Second, 60 * time.Second, 115 * time.Second, 120 * time.Second} {
			time.Sleep(at - time.Since(began))
			teller.(Audience).Look(restartOf(timeline.Actual, 6, 3, at, 2*time.Second))
			say(*p.waiting)
			synctest.Wait()
		}
		say(Note{Moment: momentOf(noon.Add(2*time.Minute), noon), Level: operation.Warning, Text: "the answer was lost"})
		time.Sleep(2 * time.Second)
		leave()
		time.Sleep(time.Second) // bubbletea waits its last tick out
		shown := terminal.String()
		for _, want := range []string{"pending     7f20b1", "healthy     7f20b1", "predicted 1:36", "draining    a1f30c", "warning     the answer was lost", "waiting for 3 old tasks"} {
			if !strings.Contains(shown, want) {
				t.Errorf("the terminal did not show %q", want)
			}
		}
		if strings.Contains(shown, "\x1b[?1049h") {
			t.Error("it took the whole screen")
		}
		if n := strings.Count(shown, "healthy     7f20b1"); n != 1 {
			t.Errorf("that a task is healthy scrolled up %d times", n)
		}
		if stopped != 0 {
			t.Error("it was stopped")
		}
	})
}

// TestKeys presses keys on a terminal: what changes something takes the key twice, the page is opened and said where, and detaching stops the watching.
func TestKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, _, _, _ := Test()
		terminal := &screen{}
		keyboard, press := io.Pipe()
		streams.Err, streams.In, streams.InTTY = terminal, keyboard, true
		began := time.Now()
		teller := NewTeller(streams, Text, TTY)
		p := inTheMiddle(6, 3)
		if err := teller.Tell(p.start); err != nil {
			t.Fatal(err)
		}
		stopped, rolledBack := 0, 0
		leave := teller.(Audience).Attend(Show{Clock: func() time.Time { return noon.Add(time.Since(began)) }, Stop: func() { stopped++ }, RollBack: func() { rolledBack++ },
			Open: func() string { return "the page:\n  http://127.0.0.1:4321/?token=T" }})
		time.Sleep(time.Second)
		for _, step := range []struct {
			key                 string
			rolledBack, stopped int
			shows               string
		}{
			{"w", 0, 0, "http://127.0.0.1:4321/?token=T"},
			{"r", 0, 0, "r once more does it"},
			{"x", 0, 0, "r roll back"}, // any other key takes the question back
			{"r", 0, 0, "r once more does it"},
			{"r", 1, 0, "ECS is asked to roll back"},
			{"r", 1, 0, ""}, // it is asked for once
			{"d", 1, 1, ""},
		} {
			before := len(terminal.String())
			if _, err := io.WriteString(press, step.key); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if rolledBack != step.rolledBack || stopped != step.stopped {
				t.Errorf("after %s it is rolled back %d times and stopped %d times", step.key, rolledBack, stopped)
			}
			if shown := terminal.String()[before:]; !strings.Contains(shown, step.shows) {
				t.Errorf("after %s the terminal does not show %q: %q", step.key, step.shows, shown)
			}
		}
		_ = press.Close()
		leave()
		time.Sleep(time.Second) // bubbletea waits its last tick out
	})
}

// Keys that do nothing are not offered.
func TestKeysThatAreOffered(t *testing.T) {
	bare, whole := inTheMiddle(6, 3), inTheMiddle(6, 3)
	bare.page, bare.rollsBack = false, false
	if keys := bare.keys(100); strings.Contains(keys, "roll") || strings.Contains(keys, "web page") {
		t.Errorf("offered are %q", keys)
	}
	if keys := whole.keys(100); !strings.Contains(keys, "r roll back") || !strings.Contains(keys, "w web page") {
		t.Errorf("offered are %q", keys)
	}
}
