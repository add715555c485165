package cli

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
)

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func TestRestartTellsWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "restart default/test --yes", 0)
		contains(t, b.out.String(), "✔ restarted default/test in 1m00s", "2 tasks replaced · peak 4 tasks · never fewer than 2 healthy")
		lines := strings.Split(b.errs.String(), "\n")
		contains(t, lines[0], "restart ", "account=123456789012 region=eu-west-1 cluster=default caller=arn:aws:iam::123456789012:user/ann", "desired=2 floor=2 ceiling=4 simulated=false")
		contains(t, lines[1], "timeout     30m00s")
		contains(t, b.errs.String(), "event       (service test) has started 2 tasks.", "deployment  "+deploymentID(2), "tasks=4 healthy=2 old=2 new=2 draining=0",
			"waiting     2 old tasks to be stopped", "done ")
		if len(b.fake.sent) != 1 {
			t.Errorf("sent %+v", b.fake.sent)
		}
	})
}

func TestRestartAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "restart test --output json --progress none --yes", 0)
		if b.errs.Len() > 0 || strings.Count(b.out.String(), "\n") != 1 {
			t.Errorf("want one document and no progress, got %s%s", b.out, b.errs)
		}
		contains(t, b.out.String(), `"type":"verdict"`, `"verdict":"succeeded","exit":0`)
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "restart test --output jsonl --yes", 0)
		contains(t, b.out.String(), `"type":"start"`, `"type":"event"`, `"type":"change"`, `"type":"waiting"`, `"type":"verdict"`)
		if b.errs.Len() > 0 {
			t.Errorf("the documents are the progress; also said: %s", b.errs)
		}
	})
}

func TestBoundsHoldForTheRestartOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "restart test --max-percent 150 --yes", 0)
		if b.request.Minimum != nil || b.request.Maximum == nil || *b.request.Maximum != 150 {
			t.Errorf("asked for %+v", b.request)
		}
		if b.fake.service.Bounds != cluster.DefaultBounds() {
			t.Errorf("the service is left with %+v", b.fake.service.Bounds)
		}
		contains(t, b.errs.String(), "floor=2 ceiling=3", "100/200 put back")
	})
}

func TestEmulatedBoundsChangeTheScene(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "restart test --emulated --min-healthy-percent 50 --max-percent 100 --speed 600", 0)
		if b.request.Minimum != nil || b.request.Maximum != nil {
			t.Errorf("the operation was asked for %+v", b.request)
		}
		contains(t, b.target.Scene.Text, "service test desired=5 min=50 max=100 target-group=ecs-defaul-test1")
		contains(t, b.errs.String(), "simulated=true", "simulated: this runs on the emulator, 600 times as fast as AWS; AWS is not touched")
		contains(t, b.out.String(), "simulated on the emulator; AWS was not touched")
	})
}

func TestInterrupts(t *testing.T) {
	interruptAt := func(b *bench, at ...time.Duration) {
		for _, after := range at {
			time.AfterFunc(after, func() { b.signals <- os.Interrupt })
		}
	}
	for _, c := range []struct {
		name, line string
		at         []time.Duration
		took       time.Duration
		want       []string
	}{
		{"the first detaches at once", "restart test --yes", []time.Duration{12 * time.Second}, 12 * time.Second,
			[]string{"watching stopped; the deployment goes on", "to attach again: handover restart default/test --attach " + deploymentID(2)}},
		{"the first puts back what was changed", "restart test --max-percent 150 --yes", []time.Duration{12 * time.Second}, 12 * time.Second,
			[]string{"watching stopped"}},
		{"the second leaves", "restart test --min-healthy-percent 0 --max-percent 100 --confirm test", []time.Duration{12 * time.Second, 14 * time.Second}, 12 * time.Second,
			[]string{"watching stopped"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, began := newBench(), time.Now()
				interruptAt(b, c.at...)
				b.run(t, c.line, 130)
				if took := time.Since(began); took != c.took {
					t.Errorf("it took %s, want %s", took, c.took)
				}
				contains(t, b.out.String(), c.want...)
				if b.fake.service.Bounds != cluster.DefaultBounds() {
					t.Errorf("the service is left with %+v", b.fake.service.Bounds)
				}
			})
		})
	}
}

// With 100/100 to be put back, the first interrupt must wait for the rollout; the second names what is left.
func TestSecondInterruptLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, began := newBench(), time.Now()
		b.fake.service.Bounds = cluster.Bounds{MinimumHealthyPercent: 100, MaximumPercent: 100}
		time.AfterFunc(12*time.Second, func() { b.signals <- os.Interrupt })
		time.AfterFunc(24*time.Second, func() { b.signals <- syscall.SIGTERM })
		b.run(t, "restart test --max-percent 200 --yes", 130)
		if took := time.Since(began); took != 24*time.Second {
			t.Errorf("it took %s", took)
		}
		contains(t, b.out.String(), "default/test still has 100/200; to put 100/100 back: aws ecs update-service")
		contains(t, b.errs.String(), "interrupted: putting back what was changed for the duration; once more leaves at once")
	})
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "restart test --timeout 20s --yes", 4)
		contains(t, b.out.String(), "timed out after 20s: not finished within 20s; the deployment goes on (exit 4)")
	})
}

func TestNewCode(t *testing.T) {
	const news = "container web would run other code"
	onTerminal := func() *bench {
		b := newBench()
		b.news, b.factory.Streams.InTTY, b.factory.Streams.ErrTTY = news, true, true
		return b
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.news = news
		b.run(t, "restart test", 5)
		contains(t, b.out.String(), "was refused", "this would not only restart default/test", news, "--allow-new-code")
		if len(b.fake.sent) > 0 {
			t.Errorf("a refused restart sent %+v", b.fake.sent)
		}
		b.run(t, "restart test --yes", 5) // whoever agrees to a restart has not agreed to other code
		b.run(t, "restart test --yes --allow-new-code", 0)
	})
	for answer, code := range map[string]int{"y\n": 0, "Yes\n": 0, "n\n": 5, "\n": 5, "": 5} {
		synctest.Test(t, func(t *testing.T) {
			b := onTerminal()
			b.in.WriteString(answer)
			b.run(t, "restart test", code)
			contains(t, b.errs.String(), "this would not only restart default/test:\n  "+news+"\nProceed? [y/N] ")
			if code != 0 {
				contains(t, b.out.String(), "was refused: the answer was No (exit 5)")
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := onTerminal()
		silent, other := io.Pipe()
		b.factory.Streams.In = silent
		time.AfterFunc(time.Second, func() { b.signals <- os.Interrupt })
		b.run(t, "restart test --yes", 130)
		contains(t, b.out.String(), "interrupted before anything was changed")
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAttach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		time.AfterFunc(time.Second, func() { b.signals <- os.Interrupt })
		b.run(t, "restart test --region eu-west-1 --endpoint-url http://127.0.0.1:1 --yes", 130)
		contains(t, b.out.String(), "handover restart default/test --attach "+deploymentID(2)+" --region eu-west-1 --endpoint-url http://127.0.0.1:1\n")
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "restart test --attach "+deploymentID(2), 0)
		if b.request.Attach != deploymentID(2) {
			t.Errorf("asked for %+v", b.request)
		}
	})
	synctest.Test(t, func(t *testing.T) { // the emulator of our own is gone when we are, so there is nothing to attach to
		b := newBench()
		time.AfterFunc(time.Second, func() { b.signals <- os.Interrupt })
		b.run(t, "restart test --emulated", 130)
		if strings.Contains(b.out.String(), "--attach") {
			t.Errorf("offers what cannot be done:\n%s", b.out)
		}
	})
}

func TestServicesThatCannotBeRead(t *testing.T) {
	for _, command := range []string{"restart", "status"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			b.run(t, command+" default/tset", 2)
			contains(t, b.errs.String(), "handover: error: there is no service default/tset in account 123456789012, Region eu-west-1\n", "hint: there is no cluster default; clusters: prod, preview, test\n")
			b.run(t, command+" prod/apii", 2)
			contains(t, b.errs.String(), "handover: error: there is no service prod/apii in account", "hint: services of cluster prod: api, web\n")
		})
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			b.fake.denied = true
			b.run(t, command+" test --output json", 1)
			contains(t, b.errs.String(), "handover: error: reading default/test: AccessDeniedException: no", "hint: it takes the permission ecs:DescribeServices")
			contains(t, b.out.String(), `"type":"error"`, `"exit":1`)
		})
	}
}

func TestTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.run(t, "status arn:aws:ecs:eu-central-1:123456789012:service/default/test --profile p --role-arn arn:aws:iam::123456789012:role/r --endpoint-url http://127.0.0.1:1", 0)
		want := Target{Command: "status", Region: "eu-central-1", Profile: "p", RoleARN: "arn:aws:iam::123456789012:role/r", EndpointURL: "http://127.0.0.1:1"}
		if b.target != want {
			t.Errorf("got %+v", b.target)
		}
		b.run(t, "status test --cluster default --debug", 0)
		if b.target.Debug == nil {
			t.Error("--debug has no writer")
		}
	})
}

func TestWritingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.factory.Streams.Out = broken{}
		b.run(t, "restart test --yes", 1)
		contains(t, b.errs.String(), "handover: error: writing the output: the pipe is broken")
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the pipe is broken") }
